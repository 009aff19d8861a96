import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/automated-testing/', import.meta.url));
const PATIENCE_MS = 180_000;
const SUITE_MS = 600_000;

let reprise: Installation;
let folder: string;
let workspace: string;

beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/reprise-automated-testing-`);
  workspace = `${folder}/ci`;
  reprise = await Installation.running({ env: { REPRISE_WHEEL_LEVELS: '1' } });
  await reprise.register(readFileSync(`${EXAMPLE}automated-testing.yaml`, 'utf8'));
});
afterAll(async () => {
  await reprise.end();
  rmSync(folder, { recursive: true });
});

/** The project as somebody has committed it. */
function commitOf(name: string, change: (project: string) => void = () => undefined): string {
  const project = `${folder}/${name}`;
  cpSync(`${EXAMPLE}project`, project, { recursive: true });
  change(project);
  return project;
}

interface Pushed {
  readonly run: string;
  readonly outcome: string;
}

async function push(source: string, branch: string, commit: string, id = commit): Promise<Pushed> {
  const data = { source, branch, commit, workspace };
  const { outcome, runs } = await reprise.send({ id, source: 'git', type: 'commit.pushed', data });
  return { run: runs[0]?.id ?? '', outcome };
}

const ended = (run: string): Promise<RunView> => reprise.ended(run, PATIENCE_MS);
const taskOf = (run: RunView, path: string) => run.tasks.find((task) => task.path === path)!;
const reportOf = (commit: string): string => readFileSync(`${workspace}/reports/${commit}.xml`, 'utf8');
const checkouts = (): readonly string[] => readdirSync(workspace).filter((name) => name !== 'reports');

/** As another reader of JUnit would count, who knows nothing of how the reports were merged. */
function counted(report: string) {
  const number = (tag: string): number => report.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length ?? 0;
  const names = [...report.matchAll(/<testcase name="([^"]*)"/g)].map(([, name = '']) => name);
  return { tests: number('testcase'), failures: number('failure'), errors: number('error'), skipped: number('skipped'), names };
}

/** The tests there are, by the project's sources. */
const written = readdirSync(`${EXAMPLE}project/test`).flatMap((file) =>
  [...readFileSync(`${EXAMPLE}project/test/${file}`, 'utf8').matchAll(/\btest\('([^']*)'/g)].map(([, name = '']) => name),
);

describe('a commit whose tests are fine, but for one that is flaky', () => {
  let run: RunView;
  beforeAll(async () => {
    run = await ended((await push(commitOf('fine'), 'main', 'c1')).run);
  }, SUITE_MS);

  test('succeeds, and says which test was flaky', () => {
    expect(run).toMatchObject({
      status: 'succeeded',
      trigger: 'event',
      output: { tests: written.length, skipped: 1, flaky: ['stock › knows at once what it was told'] },
    });
  });

  test('the merged report has every test of every shard once', () => {
    const report = reportOf('c1');
    expect(report).toContain(`<testsuites tests="${written.length}" failures="0" errors="0" skipped="1">`);
    const { names, ...counts } = counted(report);
    expect(counts).toEqual({ tests: written.length, failures: 0, errors: 0, skipped: 1 });
    const decoded = names.map((name) =>
      name
        .replace(/&lt;/g, '<')
        .replace(/&amp;/g, '&')
        .replace(/&quot;/g, '"'),
    );
    expect([...decoded].sort()).toEqual([...written].sort());
    for (const shard of [1, 2, 3, 4]) expect(report).toContain(`<testsuite name="shard ${shard}" tests="`);
  });

  test('only the flaky shard was tried again, by its policy, and the ledger tells why', () => {
    const shards = [0, 1, 2, 3].map((index) => taskOf(run, `shard[${index}]`));
    expect(shards.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    const retried = shards.filter(({ attempt }) => attempt > 1);
    expect(retried).toHaveLength(1);
    const [flaky] = retried;
    expect(flaky).toMatchObject({ attempt: 2 });
    expect(flaky?.attempts[0]).toMatchObject({
      number: 1,
      status: 'failed',
      error: { code: 'exit.1', details: { stderr: expect.stringContaining('knows at once what it was told') } },
      verdict: { reason: 'failure', wait: { from: 'backoff', retry: 1, initialMs: 500 } },
    });
    expect(flaky?.whyText).toEqual(expect.stringContaining('retry 1 of 2 after exit.1'));
    expect(reportOf('c1')).toContain('<property name="attempts" value="2"/>');
  });

  test('leaves no checkout behind', () => expect(checkouts()).toEqual([]));

  test('pushed again is the same run', async () => {
    expect(await push(`${folder}/fine`, 'main', 'c1', 'delivered-twice')).toMatchObject({ run: run.id });
    expect(await reprise.database.query('select 1 from reprise.run')).toHaveLength(1);
  });
});

describe('a commit that breaks something', () => {
  let run: RunView;
  beforeAll(async () => {
    const project = commitOf('broken', (path) => {
      const file = `${path}/src/price.mjs`;
      writeFileSync(file, readFileSync(file, 'utf8').replace('Math.round', 'Math.floor'));
    });
    run = await ended((await push(project, 'main', 'c2')).run);
  }, SUITE_MS);

  test('fails the run with the test, its shard and what it said', () => {
    expect(run).toMatchObject({ status: 'failed', error: { code: 'TESTS_FAILED', task: 'verdict' } });
    expect(run.error?.message).toMatch(
      new RegExp(`^1 of ${written.length} tests failed: price › rounds to whole cents \\(shard [1-4]\\): .*117 !== 118`),
    );
  });

  test('all shards were run to their end, and the broken one as often as its policy says', () => {
    const shards = [0, 1, 2, 3].map((index) => taskOf(run, `shard[${index}]`));
    expect(shards.map(({ status, attempt }) => `${status} ${attempt}`).sort()).toEqual([
      'failed 3',
      'succeeded 1',
      'succeeded 1',
      'succeeded 2',
    ]);
    const broken = shards.find(({ status }) => status === 'failed');
    expect(broken).toMatchObject({ error: { code: 'exit.1' } });
    expect(broken?.attempts.map(({ number, error }) => [number, error?.code])).toEqual([
      [1, 'exit.1'],
      [2, 'exit.1'],
      [3, 'exit.1'],
    ]);
  });

  test('the merged report names one failure, among all tests', () => {
    const { names, ...counts } = counted(reportOf('c2'));
    expect(counts).toEqual({ tests: written.length, failures: 1, errors: 0, skipped: 1 });
    expect(names).toHaveLength(written.length);
    expect(reportOf('c2')).toMatch(/<testcase name="rounds to whole cents"[^>]*>\s*<failure [^>]*117 !== 118/);
    expect(reportOf('c2')).toContain(`<testsuites tests="${written.length}" failures="1" errors="0" skipped="1">`);
  });

  test('the checkout is gone, the report is not', () => {
    expect(checkouts()).toEqual([]);
    expect(existsSync(`${workspace}/reports/c2.xml`)).toBe(true);
  });
});

describe('a shard that does not come to its end', () => {
  test(
    'is an error of the report and of the run, not a shard without tests',
    async () => {
      const project = commitOf('crashing', (path) => {
        writeFileSync(
          `${path}/test/price.test.mjs`,
          "import { test } from 'node:test';\ntest('ends the runner', () => process.kill(process.ppid, 'SIGKILL'));\n",
        );
      });
      const run = await ended((await push(project, 'main', 'c3')).run);
      expect(run).toMatchObject({
        status: 'failed',
        error: { code: 'TESTS_FAILED', message: expect.stringContaining('ended with exit.137 and left no whole report') },
      });
      expect(counted(reportOf('c3'))).toMatchObject({ failures: 0, errors: 1 });
      // 137 is no test that failed: the policy does not try it again.
      expect(run.tasks.filter(({ path, status }) => path.startsWith('shard[') && status === 'failed')).toMatchObject([
        { attempt: 1 },
      ]);
    },
    SUITE_MS,
  );
});

/** A test that never ends, with a program in the background, both deaf to SIGTERM. It says who they are. */
const ENDLESS = `
import { spawn } from 'node:child_process';
import { writeFileSync, renameSync } from 'node:fs';
import { test } from 'node:test';
test('never ends', () => {
  process.on('SIGTERM', () => {});
  const server = spawn('/bin/sh', ['-c', 'trap "" TERM; sleep 3600 & wait'], { stdio: 'ignore' });
  writeFileSync('pids.part', [process.ppid, process.pid, server.pid].join(' '));
  renameSync('pids.part', 'pids');
  return new Promise((resolve) => setTimeout(resolve, 3_600_000));
});
`;

interface Living {
  readonly pid: number;
  readonly group: number;
}
/** All processes of this machine that are more than zombies. */
const living = (): readonly Living[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, , state = 'Z']) => pid !== '' && !state.startsWith('Z'))
    .map(([pid, group]) => ({ pid: Number(pid), group: Number(group) }));

/** The endless test of a run is under way: the process group of its shard. */
async function endlessGroup(run: string): Promise<number> {
  const file = `${workspace}/${run}/project/pids`;
  const pids = await reprise.orTell(
    eventually(() => existsSync(file) && readFileSync(file, 'utf8').split(' ').map(Number), {
      what: `the endless test of run ${run} is under way`,
      timeoutMs: PATIENCE_MS,
    }),
  );
  const groups = new Set(
    living()
      .filter(({ pid }) => pids.includes(pid))
      .map(({ group }) => group),
  );
  expect([pids.length, groups.size]).toEqual([3, 1]);
  return [...groups][0]!;
}
const membersOf = (group: number): readonly Living[] => living().filter((process) => process.group === group);
/** By itself none of them would end within the hour; one that was killed a moment ago may still be on its way out. */
const areGone = (group: number) => eventually(() => expect(membersOf(group)).toEqual([]), { what: `group ${group} to be gone` });

describe('a newer commit of the same branch, while the tests of the older one are running', () => {
  let older: RunView;
  let newer: RunView;
  let elsewhere: string;
  let [groupOfOlder, groupElsewhere] = [0, 0];

  beforeAll(async () => {
    const endless = commitOf('endless', (path) => writeFileSync(`${path}/test/endless.test.mjs`, ENDLESS));
    elsewhere = (await push(endless, 'other', 'c4')).run;
    const first = (await push(endless, 'feature', 'c5')).run;
    [groupElsewhere, groupOfOlder] = await Promise.all([endlessGroup(elsewhere), endlessGroup(first)]);
    expect(membersOf(groupOfOlder).length).toBeGreaterThanOrEqual(4);
    const second = (await push(commitOf('fixed'), 'feature', 'c6')).run;
    [older, newer] = await Promise.all([ended(first), ended(second)]);
  }, SUITE_MS);

  test('cancels the older run, and says what took its place', () => {
    expect(older).toMatchObject({
      status: 'cancelled',
      error: { code: 'CANCELLED', message: expect.stringContaining(newer.id) },
    });
    expect(taskOf(older, 'shard')).toMatchObject({ status: 'cancelled' });
    expect(taskOf(older, 'merge')?.status ?? 'cancelled').not.toBe('succeeded');
    expect(existsSync(`${workspace}/reports/c5.xml`)).toBe(false);
  });

  test('leaves no process of its tests behind, not even those that ignore SIGTERM', async () => {
    await areGone(groupOfOlder);
  });

  test('removes the older checkout', () => expect(existsSync(`${workspace}/${older.id}`)).toBe(false));

  test('finishes the newer run, which began when the older one had ended', () => {
    expect(newer).toMatchObject({ status: 'succeeded', output: { tests: written.length } });
    expect(Date.parse(newer.startedAt!)).toBeGreaterThanOrEqual(Date.parse(older.endedAt!));
    expect(counted(reportOf('c6'))).toMatchObject({ tests: written.length, failures: 0 });
  });

  test('does not touch another branch', async () => {
    expect(membersOf(groupElsewhere).length).toBeGreaterThanOrEqual(4);
    expect(await reprise.show(elsewhere)).toMatchObject({ status: 'running', closing: null });
    await reprise.request('POST', `/v1/runs/${elsewhere}/cancel`, {});
    expect(await ended(elsewhere)).toMatchObject({ status: 'cancelled' });
    await areGone(groupElsewhere);
  });
});
