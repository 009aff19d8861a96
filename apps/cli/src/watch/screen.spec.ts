import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { RunView, TaskView } from '@reprise/client';
import type { Json } from '@reprise/core';
import type { Terminal } from '../terminal.js';
import { Changes } from './changes.js';
import { Screen } from './screen.js';

const ESCAPE = String.fromCharCode(27);
const NOW = Date.parse('2030-01-01T00:00:10.000Z');

/** A terminal that keeps what it was told to show; only what Screen uses of the control sequences. */
class FakeTerminal implements Terminal {
  readonly isInteractive = true;
  readonly lines: string[] = [];
  private row = 0;
  constructor(
    readonly columns = 80,
    readonly rows = 24,
  ) {}
  now = () => NOW;
  print = () => undefined;
  say = () => undefined;
  write(text: string): void {
    const up = new RegExp(`${ESCAPE}\\[(\\d+)A`).exec(text);
    this.row -= Number(up?.[1] ?? 0);
    const shown = text.split('\n');
    for (const line of shown.slice(0, -1)) this.lines[this.row++] = stripVTControlCharacters(line).replace('\r', '');
    if (text.includes(`${ESCAPE}[0J`)) this.lines.length = this.row;
  }
}

const task = (over: Partial<TaskView>): TaskView => ({
  path: 'fetch',
  status: 'running',
  kind: 'call',
  call: 'http',
  queue: 'default',
  executor: 'ex',
  attempt: 1,
  cancelling: false,
  createdAt: null,
  queuedAt: null,
  startedAt: '2030-01-01T00:00:09.000Z',
  endedAt: null,
  nextRetryAt: null,
  dueAt: null,
  items: null,
  round: null,
  output: null,
  outputTruncated: false,
  child: null,
  effects: [],
  error: null,
  why: null,
  whyText: null,
  attempts: [],
  attemptsTruncated: false,
  ...over,
});
const attempt = {
  number: 1,
  status: 'running',
  executor: 'ex',
  queuedAt: null,
  startedAt: null,
  endedAt: null,
  nextRetryAt: null,
  error: null,
  why: null,
  whyText: null,
  verdict: null,
  verdictText: null,
  heartbeat: null,
} as const;
const run = (tasks: readonly TaskView[], over: Partial<RunView> = {}): RunView => ({
  id: 'ID',
  workflow: 'sync',
  version: null,
  versionNumber: 1,
  status: 'running',
  closing: null,
  scheduledFor: null,
  trigger: 'http',
  key: null,
  labels: {},
  error: null,
  createdAt: '2030-01-01T00:00:00.000Z',
  startedAt: '2030-01-01T00:00:00.000Z',
  endedAt: null,
  input: null,
  output: null,
  dueAt: null,
  phase: null,
  compensated: false,
  rerunOf: null,
  nextText: null,
  parent: null,
  parentTask: null,
  tasks,
  tasksNext: null,
  ...over,
});

describe('watching on a terminal', () => {
  test('names the run that a task waits for', () => {
    const terminal = new FakeTerminal();
    const child = { run: 'CHILD', workflow: 'shipping', status: 'running' } as const;
    new Screen(terminal).draw(run([task({ status: 'waiting', child })]));
    expect(terminal.lines[1]).toBe('  ◷ fetch  waiting  1.0s  run CHILD of shipping');
  });

  test('shows what a running handler says of its progress, cut to a length', () => {
    const terminal = new FakeTerminal(200);
    const at = '2030-01-01T00:00:09.000Z';
    const saying = (progress: Json) => task({ attempts: [{ ...attempt, heartbeat: { at, progress } }] });
    new Screen(terminal).draw(run([saying({ done: 3, of: 10 }), saying(`\u001b[2J${'x'.repeat(100)}`), saying(null)]));
    expect(terminal.lines.slice(1)).toEqual([
      '  ● fetch  running  1.0s  {"done":3,"of":10}',
      `  ● fetch  running  1.0s   [2J${'x'.repeat(75)}…`,
      '  ● fetch  running  1.0s',
    ]);
  });

  test('tells of progress where there is no screen, once for each news', () => {
    const changes = new Changes();
    const look = (progress: Json, at: string) =>
      changes.next(run([task({ attempts: [{ ...attempt, heartbeat: { at, progress } }] })])).slice(-1);
    expect(look({ done: 1 }, '2030-01-01T00:00:01.000Z')).toEqual(['2030-01-01T00:00:01.000Z  fetch  progress  {"done":1}']);
    expect(look({ done: 1 }, '2030-01-01T00:00:02.000Z')).toEqual([]);
    expect(look({ done: 2 }, '2030-01-01T00:00:03.000Z')).toEqual(['2030-01-01T00:00:03.000Z  fetch  progress  {"done":2}']);
  });

  test('draws the tree with what each task waits for and why, and draws over it', () => {
    const terminal = new FakeTerminal();
    const screen = new Screen(terminal);
    const waiting = task({
      path: 'page[3].fetch',
      status: 'retrying',
      attempt: 3,
      startedAt: null,
      nextRetryAt: '2030-01-01T00:00:12.400Z',
      error: { code: 'http.503', message: 'busy' },
      whyText: 'attempt 3 waits 3s',
    });
    screen.draw(run([task({}), waiting]));
    expect(terminal.lines).toEqual([
      '● sync  running  ID  10.0s',
      '  ● fetch  running  1.0s',
      '      ↻ fetch  retrying  attempt 3 in 2.4s',
      '          http.503: busy',
      '          attempt 3 waits 3s',
    ]);
    screen.draw(
      run([task({ status: 'succeeded', endedAt: '2030-01-01T00:00:09.500Z' })], {
        status: 'succeeded',
        endedAt: '2030-01-01T00:00:10.000Z',
      }),
    );
    expect(terminal.lines).toEqual(['✓ sync  succeeded  ID  10.0s', '  ✓ fetch  succeeded  500ms']);
  });

  test('tells what to do next below, whole, however narrow it is', () => {
    const terminal = new FakeTerminal(30, 12);
    const parked = task({ status: 'parked', startedAt: null });
    new Screen(terminal).draw(run([parked], { nextText: 'fetch is parked: reprise run resolve ID fetch retry' }));
    expect(terminal.lines.slice(2)).toEqual(['  → fetch is parked: reprise', '  run resolve ID fetch retry']);
  });

  test('says once what to do next where there is no screen, and again when it is something else', () => {
    const changes = new Changes();
    const told = (nextText: string | null) => changes.next(run([], { nextText })).filter((line) => line.includes('→'));
    expect([told(null), told('a'), told('a'), told('b'), told(null)]).toEqual([[], ['  → a'], [], ['  → b'], []]);
  });

  test('never draws more lines than fit, nor wider ones, and keeps what is worth seeing', () => {
    const terminal = new FakeTerminal(40, 12);
    const screen = new Screen(terminal);
    const many = Array.from({ length: 300 }, (_, index) =>
      task({
        path: `page[${index}]`,
        status: index === 250 ? 'retrying' : 'succeeded',
        error: { code: 'X', message: 'x'.repeat(200) },
      }),
    );
    screen.draw(run(many));
    expect(terminal.lines.length).toBeLessThan(12);
    expect(Math.max(...terminal.lines.map((line) => line.length))).toBeLessThan(40);
    expect(terminal.lines.some((line) => line.includes('page[250]'))).toBe(true);
    expect(terminal.lines.at(-1)).toMatch(/… and \d+ more/);
  });
});
