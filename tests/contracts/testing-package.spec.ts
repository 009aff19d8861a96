import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Runs a module of the built packages in a process of its own. */
const node = (source: string, ...options: readonly string[]) =>
  spawnSync(process.execPath, [...options, '--input-type=module', '-e', source], { cwd: ROOT, encoding: 'utf8' });

/** Names every module that is asked for, on stderr. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
import { register } from 'node:module';
const hooks = \`import { writeSync } from 'node:fs';
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  writeSync(2, found.url + '\\\\n');
  return found;
}\`;
register('data:text/javascript,' + encodeURIComponent(hooks));
`)}`;

describe('@reprise/worker/testing as it is built', () => {
  test('loads neither drivers nor frameworks nor a test runner', () => {
    const { status, stderr } = node(`await import('@reprise/worker/testing');`, '--import', WATCH);
    const loaded = stderr.split('\n').filter((line) => line.startsWith('file:') || line.startsWith('node:'));
    expect({ status, loads: loaded.length > 50 }).toEqual({ status: 0, loads: true });
    expect(loaded.filter((url) => /node_modules\/(pg|typeorm|amqplib|pino|@nestjs|@jest|jest)/.test(url))).toEqual([]);
    expect(loaded.filter((url) => /libs\/(ledger|broker|service|contracts|testing)\//.test(url))).toEqual([]);
    expect(loaded.filter((url) => /^node:(net|http|child_process)/.test(url))).toEqual([]);
  });

  test('the watch of this test sees what is loaded', () => {
    const { stderr } = node(`await import('@reprise/worker');`, '--import', WATCH);
    expect(stderr).toMatch(/node_modules\/@nestjs\//);
    expect(stderr).toMatch(/libs\/ledger\//);
  });

  test('plays a workflow in plain Node', () => {
    const { stdout, stderr } = node(`
      import { failTimes, testWorkflow } from '@reprise/worker/testing';
      const tester = testWorkflow('workflow: w\\ntasks: { a: { call: x } }', { handlers: { x: failTimes(1, 'BUSY', async () => 1) } });
      const run = await tester.run();
      console.log(run.status, run.task('a').attempts.length);
    `);
    expect([stdout, stderr]).toEqual(['succeeded 2\n', '']);
  });
});
