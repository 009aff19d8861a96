import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, file, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

describe('documents', () => {
  test('validate names every problem of every file with its place, and ends with 2', async () => {
    const good = file('good.yaml', 'workflow: good\ntasks:\n  a: { transform: 1 }\n');
    const bad = file('bad.yaml', 'workflow: bad\ntasks:\n  a: { transform: 1, neds: [b] }\n  b: { needs: [c], call: x.y }\n');
    const ran = await reprise(['validate', good, bad]);
    expect([ran.code, ran.out]).toEqual([2, `${good}: ok (good, 1 task)\n`]);
    expect(ran.err).toContain(`${bad}:3:22: tasks.a.neds: unknown field \`neds\` (did you mean \`needs\`?)`);
    expect(ran.err).toContain(`${bad}:4:`);
    expect((await reprise(['validate', good])).code).toBe(0);
    const json = await reprise(['validate', '-', '-o', 'json'], { stdin: '{"workflow": 7' });
    expect([json.code, json.err]).toEqual([2, '']);
    expect(JSON.parse(json.out).items).toMatchObject([{ file: '-', valid: false, problems: [{ line: 1 }] }]);
    expect((await reprise(['validate', '/nowhere.yaml'])).err).toBe('error: cannot read /nowhere.yaml: there is no such file\n');
    expect(asked).toEqual([]);
  });

  test('apply registers what is good, tells the problems of what is not, and ends with 2', async () => {
    replies.set('POST /v1/workflows', ({ body }) =>
      body.includes('bad')
        ? {
            status: 422,
            body: {
              status: 422,
              code: 'invalid_workflow',
              detail: 'the document has a problem',
              errors: [{ path: 'tasks', line: 2, column: 1, message: 'is empty', hint: 'add one' }],
            },
          }
        : {
            status: 201,
            body: {
              workflow: 'good',
              version: '1.0.0',
              hash: 'abcdef0123456789',
              warnings: [{ path: 'tasks.a', line: 3, column: 4, message: 'nobody hosts it', hint: null }],
            },
          },
    );
    const good = file('apply-good.yaml', 'workflow: good\n');
    const bad = file('apply-bad.yaml', 'workflow: bad\n');
    const ran = await reprise(['workflow', 'apply', bad, good]);
    expect(ran).toEqual({
      code: 2,
      out: 'WORKFLOW   VERSION   HASH           RESULT\ngood       1.0.0     abcdef012345   registered\n',
      err: `${bad}:2:1: tasks: is empty (add one)\n${bad}: not registered: the document has a problem\n${good}:3:4: warning: tasks.a: nobody hosts it\n`,
    });
    expect(asked.map(({ headers }) => headers['content-type'])).toEqual(['application/yaml', 'application/yaml']);
  });

  test('diff shows what changed, one line a value', async () => {
    const changes = [
      { kind: 'changed', path: 'tasks.a.timeout', before: '5s', after: '9s' },
      { kind: 'added', path: 'tasks.b', after: { call: 'x' } },
      { kind: 'removed', path: 'timeout', before: '1h' },
      { kind: 'moved', path: 'tasks.g.tasks', before: ['p', 'q'], after: ['q', 'p'] },
    ];
    replies.set('GET /v1/workflows/w/diff', () => ({ status: 200, body: { workflow: 'w', from: '1.0.0', to: '#2', changes } }));
    const ran = await reprise(['workflow', 'diff', 'w', '1.0.0']);
    expect(ran.out.split('\n')).toEqual([
      'w 1.0.0 → #2',
      '- tasks.a.timeout: "5s"',
      '+ tasks.a.timeout: "9s"',
      '+ tasks.b: {"call":"x"}',
      '- timeout: "1h"',
      '~ tasks.g.tasks: order ["p","q"] → ["q","p"]',
      '',
    ]);
    replies.set('GET /v1/workflows/w/diff', () => ({ status: 200, body: { workflow: 'w', from: '#1', to: '#1', changes: [] } }));
    expect((await reprise(['workflow', 'diff', 'w'])).out).toBe('w #1 → #1\nno difference\n');
  });

  test('archive says what it did', async () => {
    replies.set('DELETE /v1/workflows/w', () => ({ status: 204 }));
    expect(await reprise(['workflow', 'archive', 'w'])).toEqual({ code: 0, out: '', err: 'w is archived\n' });
  });

  test('show prints the document of the version that was asked for', async () => {
    const view = {
      workflow: 'good',
      version: '1.0.0',
      versionNumber: 2,
      hash: 'abc',
      description: null,
      createdAt: '2030-01-01T00:00:00.000Z',
      archived: true,
      document: { workflow: 'good', tasks: { a: { transform: 1 } } },
    };
    replies.set('GET /v1/workflows/good', { status: 200, body: view });
    const { out } = await reprise(['workflow', 'show', 'good', '--version', '1.0.0']);
    expect(asked[0]?.url).toBe('/v1/workflows/good?version=1.0.0');
    expect(out).toContain('Archived:    yes');
    expect(out).toContain('tasks:\n  a:\n    transform: 1');
  });
});

test('event publish tells what the event did; a conflict is 5', async () => {
  replies.set('POST /v1/events', {
    status: 202,
    body: { results: [{ id: 'e1', outcome: 'accepted', runs: [{ workflow: 'sync', id: ID }] }] },
  });
  const ran = await reprise([
    'event',
    'publish',
    'order.placed',
    '--data',
    '{"n":1}',
    '--id',
    'e1',
    '--source',
    '/shop',
    '--subject',
    'order/1',
  ]);
  expect(ran).toMatchObject({ code: 0, out: `Event:    e1\nOutcome:  accepted\nRuns:     ${ID}\n` });
  expect(asked[0]?.headers['content-type']).toBe('application/cloudevents+json');
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
    specversion: '1.0',
    type: 'order.placed',
    id: 'e1',
    source: '/shop',
    subject: 'order/1',
    data: { n: 1 },
  });
  replies.set('POST /v1/events', { status: 202, body: { results: [{ id: 'e1', outcome: 'conflict', runs: [] }] } });
  expect((await reprise(['event', 'publish', 'order.placed', '--id', 'e1'])).code).toBe(5);
  replies.set('POST /v1/events', { status: 202, body: { results: [{ id: 'e2', outcome: 'unmatched', runs: [] }] } });
  expect(await reprise(['event', 'publish', 'order.placed'])).toMatchObject({
    code: 0,
    err: expect.stringContaining('No workflow is started'),
  });
});
