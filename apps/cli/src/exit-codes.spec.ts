import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

describe('exit codes tell scripts what happened', () => {
  test.each([
    ['the run was not found', 404, 'run_not_found', 3],
    ['the token is wrong', 401, 'unauthorized', 4],
    ['it may not be done', 403, 'host_not_allowed', 4],
    ['the query is wrong', 400, 'invalid_query', 2],
    ['the state is another', 409, 'run_ended', 5],
    ['the server is not there yet', 503, 'starting', 7],
    ['the server is broken', 500, 'internal', 1],
  ])('%s: %i %s → %i', async (_what, status, code, exit) => {
    replies.set(`GET /v1/runs/${ID}`, { status, body: { status, code, detail: 'so it is', hint: 'do otherwise' } });
    expect(await reprise(['run', 'show', ID])).toEqual({ code: exit, out: '', err: 'error: so it is\ndo otherwise\n' });
  });

  test('nobody there → 7, and what to do about it', async () => {
    const ran = await reprise(['run', 'list', '--url', 'http://127.0.0.1:1']);
    expect([ran.code, ran.out]).toEqual([7, '']);
    expect((await reprise(['run', 'list'], { env: { REPRISE_URL: 'http://127.0.0.1:9' } })).err).toMatch(
      /cannot reach http:\/\/127\.0\.0\.1:9.*\n.*npm start/,
    );
  });

  test('something else there → 1, and that it is not Reprise', async () => {
    replies.set('GET /v1/runs', { status: 200, text: '<html>hello</html>' });
    const ran = await reprise(['run', 'list']);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toContain('is this the right address?');
  });

  test.each([
    ['an unknown command', ['frobnicate']],
    ['nothing at all', []],
    ['an unknown flag', ['run', 'list', '--colour']],
    ['a missing argument', ['run', 'show']],
    ['an impossible choice', ['run', 'list', '--status', 'runing']],
    ['an impossible format', ['run', 'list', '-o', 'xml']],
    ['broken JSON', ['run', 'start', 'sync', '--input', '{']],
    ['a file that is not there', ['run', 'start', 'sync', '--input', '@/nowhere.json']],
    ['a label without a value', ['run', 'start', 'sync', '--label', 'team']],
    ['a wait without a unit', ['run', 'start', 'sync', '--wait=30']],
    ['a time that is no duration', ['run', 'list', '--since', '5 minutes']],
    ['an address that is none', ['run', 'list', '--url', 'localhost:3000']],
  ])('%s → 2, said on stderr, without a stack', async (_what, args) => {
    const ran = await reprise(args);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).not.toBe('');
    expect(ran.err).not.toMatch(/\n\s+at /);
    expect(asked).toEqual([]);
  });

  test('a variable that is wrong → 2, and which', async () => {
    const ran = await reprise(['run', 'list'], { env: { REPRISE_TOKEN: 'short' } });
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining('REPRISE_TOKEN') });
    expect(ran.err).not.toContain('short"');
  });
});
