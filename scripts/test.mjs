#!/usr/bin/env node
import { build } from './lib/build.mjs';
import { install } from './lib/install.mjs';
import { jest, jestArguments } from './lib/jest.mjs';
import { parseOptions } from './lib/options.mjs';
import { fail } from './lib/print.mjs';
import { findServers } from './lib/servers.mjs';
import { Stop } from './lib/stop.mjs';

const stop = new Stop();
// Unlike a service, a test run that was interrupted has not succeeded.
stop.exitCodeFor = (name) => ({ SIGINT: 130, SIGTERM: 143 })[name] ?? 129;
try {
  const { own, rest } = parseOptions(process.argv.slice(2));
  await install({ signal: stop.signal });
  const building = build({ signal: stop.signal });
  building.catch(() => {});
  const finding = findServers({ own, onLost: (message) => stop.now(1, message), signal: stop.signal });
  stop.add(() =>
    finding.then(
      ({ release }) => release(),
      () => {},
    ),
  );
  const { env } = await finding;
  await building;
  await stop.now(await jest(jestArguments(rest), { ...process.env, ...env }, stop));
} catch (error) {
  if (!stop.signal.aborted) fail(error);
  await stop.now(1);
}
