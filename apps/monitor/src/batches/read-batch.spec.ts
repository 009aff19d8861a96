import { describe, expect, test } from '@jest/globals';
import { ALL_RUNS } from '@reprise/ledger';
import { ProblemError } from '@reprise/service';
import { readBatch } from './read-batch.js';

function problemsOf(body: unknown): readonly string[] {
  try {
    readBatch(body);
  } catch (error) {
    if (error instanceof ProblemError) return (error.errors ?? []).map(({ message }) => message);
    throw error;
  }
  return [];
}

describe('what is asked of many runs', () => {
  test('has defaults for what it leaves out', () => {
    expect(readBatch({ action: 'cancel', filter: { workflow: 'w' } })).toEqual({
      action: 'cancel',
      filter: { ...ALL_RUNS, workflow: 'w' },
      rate: 50,
      dryRun: false,
      reason: null,
    });
  });

  test('chooses runs as they are listed by', () => {
    const filter = { status: 'failed', label: { team: 'red' }, since: '2030-01-01', until: '2030-01-02T00:00:00Z', q: 'or' };
    expect(readBatch({ action: 'retry', filter, rate: 5, dryRun: true }).filter).toEqual({
      status: 'failed',
      workflow: null,
      labels: { team: 'red' },
      sinceMs: Date.UTC(2030, 0, 1),
      untilMs: Date.UTC(2030, 0, 2),
      q: 'or',
      parent: null,
    });
  });

  test('must choose something, or say that it means everything', () => {
    expect(problemsOf({ action: 'cancel' })[0]).toContain('chooses nothing');
    expect(problemsOf({ action: 'cancel', filter: {} })[0]).toContain('{"all": true}');
    expect(readBatch({ action: 'cancel', filter: { all: true } }).filter).toEqual(ALL_RUNS);
    expect(problemsOf({ action: 'cancel', filter: { all: true, q: 'x' } })[0]).toContain('cannot stand beside');
  });

  test.each<[unknown, string]>([
    [[], 'the body must be an object'],
    [{ filter: { q: 'x' } }, 'action must be one of cancel, retry, rerun, pause, resume'],
    [{ action: 'cancle', filter: { q: 'x' } }, 'did you mean "cancel"?'],
    [{ action: 'cancel', filter: { stauts: 'failed' } }, 'filter.stauts is no field of it; did you mean "status"?'],
    [{ action: 'cancel', filter: { status: 'fialed' } }, 'filter.status must be one of'],
    [{ action: 'cancel', filter: { since: 'yesterday' } }, 'filter.since must be a date or time'],
    [{ action: 'cancel', filter: { label: { team: 1 } } }, 'filter.label must be an object'],
    [{ action: 'cancel', filter: { label: {} } }, 'filter.label must be an object'],
    [{ action: 'cancel', filter: { q: 'a\0' } }, 'filter.q must be text'],
    [{ action: 'cancel', filter: { q: 'x' }, rate: 0 }, 'rate must be a whole number'],
    [{ action: 'cancel', filter: { q: 'x' }, rate: 501 }, 'from 1 to 500'],
    [{ action: 'cancel', filter: { q: 'x' }, dryRun: 'yes' }, 'dryRun must be true or false'],
    [{ action: 'cancel', filter: 'all' }, 'filter must be an object'],
    [{ action: 'cancel', filter: { all: 1 } }, 'filter.all must be true'],
  ])('%j is refused: %s', (body, message) => {
    expect(problemsOf(body).join('; ')).toContain(message);
  });
});
