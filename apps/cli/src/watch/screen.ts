import { stripVTControlCharacters } from 'node:util';
import type { RunView, TaskView } from '@reprise/client';
import colors from 'picocolors';
import { printable, type Terminal } from '../terminal.js';
import { between } from '../time-text.js';
import { failureText } from './run-failure.js';
import { glyph, paint, taskLines } from './task-tree.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';
const CLEAR_LINE = '\u001b[K';

/** Redraws a run in place. What does not fit is left out from what is least worth seeing: what has succeeded or not begun. */
export class Screen {
  private drawn = 0;

  constructor(private readonly terminal: Terminal) {
    terminal.write(HIDE_CURSOR);
  }

  draw(run: RunView): void {
    const lines = this.lines(run);
    const up = this.drawn === 0 ? '' : `\u001b[${this.drawn}A`;
    this.terminal.write(`\r${up}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`);
    this.drawn = lines.length;
  }

  /** Leaves what is drawn and goes on below it. */
  clear(): void {
    this.drawn = 0;
  }

  close(): void {
    this.terminal.write(SHOW_CURSOR);
  }

  private lines(run: RunView): readonly string[] {
    const now = this.terminal.now();
    const isOver = run.endedAt !== null;
    const closing = run.closing !== null && !isOver ? ` (closing: ${run.closing})` : '';
    const head = `${glyph(run.status)} ${colors.bold(run.workflow)}  ${paint(run.status, run.status)}${closing}  ${colors.dim(`${run.id}  ${between(run.startedAt, run.endedAt, now)}`)}`;
    const failure = failureText(run);
    const error = failure === null ? [] : [`  ${paint('failed', failure)}`];
    const advice = run.nextText === null ? [] : wrapped(`→ ${printable(run.nextText)}`, this.terminal.columns - 3);
    const room = Math.max(3, this.terminal.rows - 3 - error.length - advice.length);
    const all = taskLines(run, now, { attempts: false });
    const shown = isOver || all.length <= room ? all : this.fit(run, now, room - 1);
    return [head, ...shown.map((line) => `  ${line}`), ...error, ...advice.map((line) => `  ${line}`)].map((line) =>
      cut(line, this.terminal.columns - 1),
    );
  }

  private fit(run: RunView, now: number, room: number): readonly string[] {
    const kept = new Set<TaskView>();
    let lines = 0;
    for (const task of [...run.tasks].sort((a, b) => worth(b) - worth(a))) {
      const count = taskLines({ ...run, tasks: [task], tasksNext: null }, now, { attempts: false }).length;
      if (lines + count > room) break;
      lines += count;
      kept.add(task);
    }
    const tasks = run.tasks.filter((task) => kept.has(task));
    const left = run.tasks.length - tasks.length;
    return [...taskLines({ ...run, tasks, tasksNext: null }, now, { attempts: false }), colors.dim(`… and ${left} more`)];
  }
}

function worth({ status, path }: TaskView): number {
  const ofTop = path.includes('.') || path.includes('[') ? 0 : 10;
  switch (status) {
    case 'failed':
    case 'parked':
      return 30;
    case 'retrying':
    case 'running':
    case 'waiting':
      return 20 + ofTop;
    case 'ready':
      return 15;
    case 'pending':
    case 'succeeded':
    case 'skipped':
    case 'cancelled':
      return ofTop;
  }
}

/** A command that is cut off helps nobody. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A line that wraps would take two, and the redraw would leave its first half behind. Cut lines lose their colours with their end. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : `${plain.slice(0, Math.max(0, columns - 1))}…`;
}
