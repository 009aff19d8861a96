#!/usr/bin/env node
import { build } from './lib/build.mjs';
import { install } from './lib/install.mjs';
import { parseOptions } from './lib/options.mjs';
import { bold, elapsedSeconds, fail } from './lib/print.mjs';
import { findServers } from './lib/servers.mjs';
import { choosePorts, startApart, startTogether } from './lib/services.mjs';
import { Stop } from './lib/stop.mjs';

function welcome(urls) {
  const set = urls.monitor.endsWith(':3000') ? '' : `REPRISE_URL=${urls.monitor} `;
  process.stdout.write(`
${bold(`Reprise is ready after ${elapsedSeconds()} s.`)}

  API, console     ${urls.monitor}
  Events, starts   ${urls.trigger}
  Metrics          ${Object.values(urls)
    .map((url) => `${url}/metrics`)
    .join('\n                   ')}

Try it, in another terminal:

  ${set}npx reprise workflow apply examples/hello/hello.yaml
  ${set}npx reprise run start hello --input '{"name": "world"}' --wait

Ctrl-C stops everything that was started here.

`);
}

const stop = new Stop();
try {
  const { own, services, executors } = parseOptions(process.argv.slice(2), { strict: true });
  const { host, first } = await choosePorts();
  await install({ signal: stop.signal });
  const onLost = (message) => stop.now(1, message);
  // At the same time: the servers take longer than the compiler.
  const building = build({ signal: stop.signal });
  building.catch(() => {});
  const finding = findServers({ own, onLost, signal: stop.signal });
  stop.add(() =>
    finding.then(
      ({ release }) => release(),
      () => {},
    ),
  );
  const { env: found } = await finding;
  await building;
  // People read this output; what collects logs from processes says so itself.
  const env = { REPRISE_LOG_FORMAT: 'pretty', ...process.env, ...found };
  const urls = services
    ? await startApart({ env, host, first, executors, stop })
    : await startTogether({ env, host, first, stop });
  welcome(urls);
} catch (error) {
  if (!stop.signal.aborted) fail(error);
  await stop.now(1);
}
