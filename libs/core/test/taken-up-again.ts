import { expect } from '@jest/globals';
import { failWith, Interpreter, type InterpreterOptions, type SimulatedHandler, succeedWith } from '@reprise/testing';
import type { TaskStatus } from '../src/run/state/status.js';

export const broken = failWith('BROKEN', { retryable: false });

/** A service that is down for a while: what its calls answer depends on whether it has been repaired. */
export class Service {
  down = true;
  readonly calls: string[] = [];
  readonly handler: SimulatedHandler = (attempt) => {
    this.calls.push(attempt.path);
    if (this.down && attempt.call === 'x.broken') return broken;
    return succeedWith(`${attempt.path} at ${attempt.attempt}`, attempt.call === 'x.slow' ? 60_000 : 10);
  };
}

/** Runs until it fails, repairs what was broken, and takes the run up again. */
export function twice(text: string, options: InterpreterOptions = {}, head = '') {
  const service = new Service();
  const run = Interpreter.of(`workflow: w\n${head}tasks:\n${text}`, { handler: service.handler, ...options }).toRest();
  expect(run.run.status).toBe('failed');
  const before = service.calls.splice(0);
  service.down = false;
  run.send({ kind: 'retry-run', by: 'ann' }).toRest();
  return { run, before, calls: service.calls };
}

export const statuses = (run: Interpreter, ...paths: string[]): TaskStatus[] => paths.map((path) => run.statusOf(path));
