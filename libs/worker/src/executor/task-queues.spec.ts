import { beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@reprise/service';
import { TaskQueues } from './task-queues.js';

let paused: Set<string> | Error;
let said: string[];

beforeEach(() => {
  paused = new Set();
  said = [];
});

const queues = (names: readonly string[] = ['a', 'b']): TaskQueues => {
  let number = 0;
  return new TaskQueues({
    queues: names,
    readPaused: async () => {
      if (paused instanceof Error) throw paused;
      return paused;
    },
    logger: silentLogger,
    consume: (queue) => {
      number += 1;
      const name = `${queue}${number}`;
      let started = false;
      return {
        start: async () => {
          if (!started) said.push(`start ${name}`);
          started = true;
        },
        stop: async () => void said.push(`stop ${name}`),
        pause: () => void said.push(`pause ${name}`),
        resume: () => void said.push(`resume ${name}`),
      };
    },
  });
};
const heard = (): string[] => said.splice(0).filter((word) => !word.startsWith('resume'));

describe('the queues of an executor', () => {
  test('are consumed but for those that are paused when it starts', async () => {
    paused = new Set(['b', 'somebody else’s']);
    await queues().start();
    expect(heard()).toEqual(['start a1']);
  });

  test('end when they are paused and begin when they are resumed, the others go on', async () => {
    const one = queues();
    await one.start();
    expect(heard()).toEqual(['start a1', 'start b2']);
    paused = new Set(['a']);
    await Promise.all([one.look(), one.look(), one.look()]);
    expect(heard()).toEqual(['stop a1']);
    paused = new Set();
    await Promise.all([one.look(), one.look()]);
    expect(heard()).toEqual(['start a3']);
  });

  test('hold still at once when a claim was refused, until the ledger has been asked', async () => {
    const one = queues(['a']);
    await one.start();
    said.length = 0;
    paused = new Set(['a']);
    one.hold('a');
    expect(said).toEqual(['pause a1']);
    await one.look();
    expect(said).toEqual(['pause a1', 'stop a1']);
    one.hold('a');
    await one.look();
    expect(said).toEqual(['pause a1', 'stop a1']);
  });

  test('go on when the pause was over by the time the ledger was asked', async () => {
    const one = queues(['a']);
    await one.start();
    said.length = 0;
    one.hold('a');
    await one.look();
    expect(said.slice(0, 2)).toEqual(['pause a1', 'resume a1']);
  });

  test('stay as they are while the ledger does not answer; at start they are consumed, as claims are refused anyway', async () => {
    paused = new Error('away');
    const one = queues();
    await one.start();
    expect(heard()).toEqual(['start a1', 'start b2']);
    paused = new Set(['a']);
    await one.look();
    expect(heard()).toEqual(['stop a1']);
    paused = new Error('away');
    one.hold('b');
    await one.look();
    expect(said.splice(0)).toEqual(['pause b2']);
    paused = new Set(['a']);
    await one.look();
    expect(said.splice(0)).toEqual(['resume b2']);
  });

  test('are not begun any more once it stops', async () => {
    paused = new Set(['a']);
    const one = queues();
    await one.start();
    heard();
    paused = new Set();
    await one.stop();
    await one.look();
    expect(heard()).toEqual(['stop b1']);
  });
});
