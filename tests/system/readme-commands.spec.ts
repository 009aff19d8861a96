import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, type ServiceProcess, startProcess, TestBroker, TestDatabase } from '@reprise/testing';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const broker = new TestBroker();
const processes: ServiceProcess[] = [];
const folder = mkdtempSync(`${tmpdir()}/reprise-readme-`);
let database: TestDatabase;
let url = '';
/** The ids that the README shows are those of the run that was started last. */
let lastRun = '';

const read = (page: string): string => readFileSync(`${ROOT}/${page}`, 'utf8');

/** The first block of a language after a heading. */
function blockUnder(page: string, heading: string, language: string): string {
  const text = read(page);
  const from = text.indexOf(`## ${heading}\n`);
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(from < 0 ? '' : text.slice(from));
  if (found?.[1] === undefined) throw new Error(`${page} has no ${language} under "${heading}"`);
  return found[1];
}

/** The command lines of a section that are typed into a second terminal; a backslash or an open quote goes on. */
function commandsUnder(page: string, heading: string): readonly string[] {
  const text = read(page);
  const section = text.slice(text.indexOf(`## ${heading}\n`)).split(/\n## /, 1)[0] ?? '';
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const lines = blocks.flatMap((block) => block.match(/(?:'[^']*'|\\\n|[^\n'])+/g) ?? []);
  return lines.filter((line) => /^(npx reprise|kill|curl)\b/.test(line));
}

async function type(command: string): Promise<Said> {
  const line = command
    .replaceAll('npx reprise', `exec node ${ROOT}/apps/cli/bin/reprise.js`)
    .replaceAll('localhost:3000', new URL(url).host)
    .replace(UUID, lastRun);
  const env = { PATH: process.env['PATH'], REPRISE_URL: url, NO_COLOR: '1' };
  // One that hangs is killed, so that the test fails with what it said.
  const child = spawn('sh', ['-c', line], { cwd: folder, env, timeout: 120_000, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  lastRun = stdout.match(UUID)?.at(-1) ?? lastRun;
  return { code, stdout, stderr };
}

async function typeAll(commands: readonly string[]): Promise<readonly Said[]> {
  const said: Said[] = [];
  for (const command of commands) {
    const answer = await type(command);
    expect({ command, ...answer }).toMatchObject({ command, code: 0 });
    said.push(answer);
  }
  return said;
}

async function start(app: 'trigger' | 'scheduler' | 'executor' | 'monitor', env: Record<string, string> = {}) {
  const common = { REPRISE_PREFIX: broker.prefix, REPRISE_WHEEL_LEVELS: '2', REPRISE_LEASE: '4s', REPRISE_DATABASE_POOL: '4' };
  const service = await startProcess(app, { DATABASE_URL: database.url, AMQP_URL: broker.url, ...common, ...env });
  processes.push(service);
  return service;
}

beforeAll(async () => {
  database = await TestDatabase.create();
  symlinkSync(`${ROOT}/examples`, `${folder}/examples`);
  const trigger = await start('trigger');
  await Promise.all([start('scheduler'), start('executor')]);
  url = (await start('monitor', { REPRISE_TRIGGER_URL: trigger.url })).url;
});

afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()));
  await broker.end(['default']);
  await database.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('what the README says to type', () => {
  test('a first workflow: applied, started by an event, the same event again starts nothing, watched to its end', async () => {
    // One in a hundred and sixty would fail ten times in a row, and more would take minutes: here it fails more seldom.
    const document = blockUnder('README.md', 'A first workflow', 'yaml').replace('Math.random() < 0.6', 'Math.random() < 0.05');
    expect(document).toContain('0.05');
    writeFileSync(`${folder}/checkout.yaml`, document);
    const commands = commandsUnder('README.md', 'A first workflow');
    const said = (await typeAll(commands)).map(({ stdout }) => stdout).join('');
    const runs = [...said.matchAll(/^Runs: +(\S+)$/gm)].map((match) => match[1]);
    expect(runs).toHaveLength(2);
    expect(new Set(runs).size).toBe(1);
    const shown = blockUnder('README.md', 'A first workflow', 'text');
    for (const pattern of [/^checkout +1 +\w{12} +registered$/m, /^Outcome: +accepted$/m, /^Outcome: +duplicate$/m]) {
      expect(said).toMatch(pattern);
      expect(shown).toMatch(pattern);
    }
    for (const text of [said, shown]) {
      expect(text).toMatch(/^\S+Z {2}reserve {2}succeeded/m);
      expect(text).toMatch(/^\S+Z {2}charge {2}succeeded/m);
      expect(text).toMatch(/^\S+Z {2}run {2}succeeded\n*$/m);
    }
  });

  test('a killed executor: its attempt is lost, and the next one finishes the work', async () => {
    const commands = commandsUnder('README.md', 'Kill an executor and watch it continue');
    const kill = commands.findIndex((line) => line.startsWith('kill'));
    expect(kill).toBe(2);
    await typeAll(commands.slice(0, kill));
    // A person needs a moment before the attempt runs: without it the executor would die with nothing to lose.
    await untilRunning();
    await typeAll(commands.slice(kill, kill + 1));
    // `npm run start:services` starts another in its place.
    await start('executor');
    const [watched] = await typeAll(commands.slice(kill + 1));
    for (const text of [watched?.stdout ?? '', blockUnder('README.md', 'Kill an executor and watch it continue', 'text')]) {
      expect(text).toMatch(/attempt 1 lost {2}LOST: .*attempt 2 waits .*loss 1 of 5 after LOST/);
      expect(text).toMatch(/run {2}succeeded/);
    }
  });
});

test('the requests in "Events and starts" are answered as it says', async () => {
  const page = 'docs/events-and-starts.md';
  writeFileSync(`${folder}/order.yaml`, /```yaml\n([\s\S]*?)```/.exec(read('docs/workflow-document.md'))?.[1] ?? '');
  await typeAll(['npx reprise workflow apply order.yaml']);
  // The README's workflow waits for such events too, with other data.
  await fetch(`${url}/v1/workflows/checkout`, { method: 'DELETE' });
  const [event] = await typeAll(commandsUnder(page, 'From an event'));
  const shown = JSON.parse(blockUnder(page, 'From an event', 'json')) as { results: object[] };
  const answer = JSON.parse(event?.stdout ?? '') as { results: Record<string, unknown>[] };
  expect(answer.results).toMatchObject([{ id: 'o-1', outcome: 'accepted', runs: [{ workflow: 'order-fulfilment' }] }]);
  expect(Object.keys(answer.results[0] ?? {})).toEqual(Object.keys(shown.results[0] ?? {}));
  const [started] = await typeAll(commandsUnder(page, 'By name'));
  expect(JSON.parse(started?.stdout ?? '')).toEqual({ id: expect.stringMatching(UUID), status: 'running' });
});

async function untilRunning(): Promise<void> {
  await eventually(
    async () => {
      const answer = (await (await fetch(`${url}/v1/runs/${lastRun}`)).json()) as { tasks: { status: string }[] };
      return answer.tasks.some(({ status }) => status === 'running');
    },
    { what: 'the attempt runs' },
  );
}
