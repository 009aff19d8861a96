import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../parse-document.js';

const documentWith = (on: string): string => `workflow: w\non:\n  - ${on}\ntasks: { a: { transform: 1 } }`;

function told(on: string): readonly string[] {
  const parsed = parseDocument(documentWith(on));
  if (parsed.kind === 'ok') return [];
  return parsed.problems.map(({ path, message, hint }) => `${path} ${message}${hint === null ? '' : ` | ${hint}`}`);
}

describe('a webhook', () => {
  test('listens at its path, signed as Standard Webhooks unless it says otherwise', () => {
    const parsed = parseDocument(documentWith('webhook: { path: pay/in, secret: PAY, if: event.data.ok, key: event.id }'));
    expect(parsed.kind === 'ok' && parsed.workflow.triggers[0]).toMatchObject({
      kind: 'webhook',
      path: 'pay/in',
      secret: 'PAY',
      signature: 'standard-webhooks',
      condition: { source: 'event.data.ok' },
    });
    const open = parseDocument(documentWith('webhook: { path: a, signature: none }'));
    expect(open.kind === 'ok' && open.workflow.triggers[0]).toMatchObject({ secret: null, signature: 'none' });
  });

  test.each([
    [
      'webhook: github',
      'on[0].webhook `webhook` must be a map such as { path: github, secret: GITHUB, signature: github }, not the text "github"',
    ],
    [
      'webhook: { path: /a, secret: S }',
      'on[0].webhook.path `path` must be words of lower-case letters, digits, - and _ with / between, not the text "/a"',
    ],
    [
      'webhook: { path: a, secret: "${{ secrets.S }}" }',
      'on[0].webhook.secret `secret` must be the name of a secret, such as PAYMENTS (set as REPRISE_SECRET_PAYMENTS), not the text "${{ secrets.S }}"',
    ],
    [
      'webhook: { path: a, secret: S, signature: none }',
      'on[0].webhook.secret `secret` says nothing about `signature: none` | remove one of them',
    ],
    [
      'webhook: { path: a, secret: S, signature: gitub }',
      'on[0].webhook.signature `signature` must be one of standard-webhooks, github, none, not the text "gitub" | did you mean `github`?',
    ],
    ['{ webhook: { path: a, signature: none }, if: true }', 'on[0].if `if` is not allowed here | put it inside `webhook`'],
    [
      'webhook: { path: a, signature: none, input: "${{ input.x }}" }',
      'on[0].webhook.input a trigger cannot read `input` | it makes the input: read `event`',
    ],
  ])('%s is refused', (on, ...problems) => {
    expect(told(on)).toEqual(problems);
  });
});

describe('a trigger on the end of other runs', () => {
  test('follows successes unless it says otherwise', () => {
    const of = (on: string) => {
      const parsed = parseDocument(documentWith(on));
      return parsed.kind === 'ok' ? parsed.workflow.triggers[0] : parsed.problems;
    };
    expect(of('workflow: { name: load, input: "${{ event.data.output }}" }')).toMatchObject({
      kind: 'workflow',
      workflow: 'load',
      statuses: ['succeeded'],
    });
    expect(of('workflow: { name: load, status: [failed, cancelled] }')).toMatchObject({ statuses: ['failed', 'cancelled'] });
    expect(of('workflow: { name: load, status: failed }')).toMatchObject({ statuses: ['failed'] });
  });

  test.each([
    [
      'workflow: load',
      'on[0].workflow `workflow` must be a map such as { name: nightly-load, status: succeeded }, not the text "load"',
    ],
    ['workflow: { name: Load }', 'on[0].workflow.name `name` must be the name of a workflow, not the text "Load"'],
    [
      'workflow: { name: a, status: [failed, done] }',
      'on[0].workflow.status[1] `on[0].workflow.status[1]` must be one of succeeded, failed, cancelled, not the text "done"',
    ],
  ])('%s is refused', (on, ...problems) => {
    expect(told(on)).toEqual(problems);
  });
});
