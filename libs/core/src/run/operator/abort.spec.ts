import { describe, expect, test } from '@jest/globals';
import { Interpreter, succeedWith } from '@reprise/testing';

const abort = { kind: 'abort', error: { code: 'INTERNAL', message: 'its document cannot be read' } } as const;
const start = () =>
  Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }', { handler: () => succeedWith(1, 60_000) }).advance(1_000);

describe('an abort', () => {
  test('fails the run with its error once what runs has stopped', () => {
    const run = start().send(abort).toRest();
    expect([run.statusOf('a'), run.run.status, run.run.error]).toEqual(['cancelled', 'failed', abort.error]);
  });

  test('comes too late where the run has been cancelled: that reason stands', () => {
    const run = start().send({ kind: 'cancel', reason: null, by: null }).send(abort).toRest();
    expect([run.run.status, run.run.error?.code]).toEqual(['cancelled', 'CANCELLED']);
  });

  test('that comes twice counts once', () => {
    const run = start()
      .send(abort)
      .send({ ...abort, error: { code: 'INTERNAL', message: 'another' } })
      .toRest();
    expect(run.run.error).toEqual(abort.error);
  });
});
