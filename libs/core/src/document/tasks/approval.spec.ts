import { describe, expect, test } from '@jest/globals';
import { WORKFLOW_SCHEMA } from '../../document-schema/workflow-schema.js';
import type { Json } from '../../json.js';
import { checkInput } from '../../schema/check-input.js';
import { compileApproval } from '../../workflow/compile-approval.js';
import { compileTemplate } from '../../workflow/compile-expression.js';
import { parseDocument } from '../parse-document.js';
import { APPROVAL_FIELDS, ESCALATE_FIELDS, EXPIRE_FIELDS, REMIND_FIELDS } from '../values/fields.js';

/** Each problem as `path line:column message | hint`, in the order told. */
function told(approval: string): string[] {
  const parsed = parseDocument(`workflow: w\ntasks:\n  a: { approval: ${approval} }`);
  const problems = parsed.kind === 'bad' ? parsed.problems : [];
  return problems.map(
    ({ path, line, column, message, hint }) =>
      `${path.replace(/^tasks\.a\./, '')} ${line}:${column} ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}

const A_NAME = 'a name (letters, digits, . _ @ -)';
const EXAMPLE = 'for example { subject: Refund this?, assignees: [anna], expire: 2d }';

describe('an approval of these is refused', () => {
  test.each<[why: string, approval: string, ...problems: string[]]>([
    ['no map', 'yes please', `approval 3:18 \`approval\` must be a map with \`subject\`, not the text "yes please" | ${EXAMPLE}`],
    ['no subject', '{ expire: 2d }', `approval 3:18 \`approval\` has no \`subject\` | ${EXAMPLE}`],
    ['an empty subject', '{ subject: " " }', 'approval.subject 3:29 `subject` must be what there is to decide, not the text " "'],
    ['a number as subject', '{ subject: 5 }', 'approval.subject 3:29 `subject` must be a text, not the number 5 | quote it'],
    [
      'a subject that reads what is not there',
      '{ subject: "${{ inptu.x }}" }',
      'approval.subject 3:34 `inptu` is not known here | did you mean `input`?',
    ],
    [
      'a secret',
      '{ subject: "${{ secrets.X }}" }',
      'approval.subject 3:34 `secrets` can be used only inside `with` of a call | a secret is never an operand and never kept in an output',
    ],
    [
      'unknown fields',
      '{ subject: x, asignees: [a] }',
      'approval.asignees 3:32 unknown field `asignees` | did you mean `assignees`?',
    ],
    [
      'names that nobody has',
      '{ subject: x, assignees: [an na, 5, ok], requester: "", escalate: { after: 1h, to: [é] } }',
      `approval.assignees[0] 3:44 \`tasks.a.approval.assignees[0]\` must be ${A_NAME}, not the text "an na"`,
      `approval.assignees[1] 3:51 \`tasks.a.approval.assignees[1]\` must be ${A_NAME}, not the number 5 | quote it`,
      `approval.requester 3:70 \`requester\` must be ${A_NAME}, not the text ""`,
      `approval.escalate.to[0] 3:102 \`tasks.a.approval.escalate.to[0]\` must be ${A_NAME}, not the text "é"`,
    ],
    ['a map of names', '{ subject: x, assignees: {} }', `approval.assignees 3:43 \`assignees\` must be ${A_NAME}, not a map`],
    [
      'more people than can be asked',
      `{ subject: x, assignees: [${Array.from({ length: 101 }, (_, index) => `p${index}`).join(', ')}] }`,
      'approval.assignees 3:43 `assignees` must be a list of at most 100 names, not a list',
    ],
    [
      'more approvals than people',
      '{ subject: x, assignees: [anna, Anna], required: 2 }',
      'approval.required 3:67 `required` asks for 2 of one person | name as many `assignees`, or ask for fewer',
    ],
    [
      'more approvals than people, those who come later included',
      '{ subject: x, assignees: [a], escalate: { after: 1h, to: b }, required: 3 }',
      'approval.required 3:90 `required` asks for 3 of 2 people | name as many `assignees`, or ask for fewer',
    ],
    [
      'no approvals',
      '{ subject: x, required: 0 }',
      'approval.required 3:42 `required` must be a whole number from 1 to 100, not the number 0',
    ],
    [
      'eyes',
      '{ subject: x, fourEyes: yes }',
      'approval.fourEyes 3:42 `fourEyes` must be true or false, not the text "yes" | write true',
    ],
    [
      'a form that is no schema',
      '{ subject: x, form: { type: objekt } }',
      'approval.form.type 3:46 there is no type "objekt" | did you mean `object`?',
    ],
    [
      'reminders without a time, or too many of them, or too often',
      '{ subject: x, remind: { maximum: 0 } }',
      'approval.remind 3:40 `remind` has neither `after` nor `every` | for example { after: 4h, every: 1d }',
      'approval.remind.maximum 3:51 `maximum` must be a whole number from 1 to 1000, not the number 0',
    ],
    [
      'reminders that are counted but come once',
      '{ subject: x, remind: { after: 1h, maximum: 2 } }',
      'approval.remind.maximum 3:53 `maximum` counts what comes `every` so often | add `every`, or remove it',
    ],
    [
      'reminders all the time',
      '{ subject: x, remind: { every: 5ms } }',
      'approval.remind.every 3:49 `every` must be at least 1s, not the text "5ms"',
    ],
    [
      'reminders that say nothing',
      '{ subject: x, remind: { every: often } }',
      'approval.remind.every 3:49 `every`: "often" is not a duration | write it like 250ms, 5s, 1.5s, 1h30m or 2d',
    ],
    [
      'a number of hours',
      '{ subject: x, remind: 4 }',
      'approval.remind 3:40 `remind` must be a duration with a unit, not the number 4 | say which: 4s is seconds, 4ms milliseconds',
    ],
    [
      'an escalation to nobody, at no time',
      '{ subject: x, escalate: {} }',
      'approval.escalate 3:42 `escalate` has no `to` | name who may decide then',
      'approval.escalate 3:42 `escalate` has no `after` | for example after: 1d',
    ],
    [
      'an escalation as a name',
      '{ subject: x, escalate: boss }',
      'approval.escalate 3:42 `escalate` must be a map with `after` and `to`, not the text "boss" | for example { after: 1d, to: [carla] }',
    ],
    [
      'an end that decides nothing, at no time',
      '{ subject: x, expire: { decision: maybe } }',
      'approval.expire 3:40 `expire` has no `after` | for example after: 1d',
      'approval.expire.decision 3:52 `decision` must be one of approved, rejected, fail, not the text "maybe"',
    ],
    [
      'what comes when all is over',
      '{ subject: x, remind: 2d, escalate: { after: 3d, to: a }, expire: 2d }',
      'approval.remind 3:40 `remind` (2d) comes when `expire` (2d) is over | make it shorter than `expire`',
      'approval.escalate 3:54 `escalate` (3d) comes when `expire` (2d) is over | make it shorter than `expire`',
    ],
    [
      'times that read what is not there',
      '{ subject: x, remind: "${{ tasks.b.output }}", escalate: { after: "${{ nobody }}", to: a }, expire: "${{ 1 + }}" }',
      'approval.remind 3:45 there is no task `b` here | there are a',
      'approval.escalate.after 3:89 `nobody` is not known here | an expression here can read input, tasks, run; texts need quotes',
      'approval.expire 3:127 unexpected token: the end',
    ],
    [
      'a first reminder of many that comes too late',
      '{ subject: x, remind: { every: 3d }, expire: { after: 2d, decision: fail } }',
      'approval.remind 3:40 `remind` (3d) comes when `expire` (2d) is over | make it shorter than `expire`',
    ],
  ])('%s', (_, approval, ...problems) => {
    expect(told(approval)).toEqual(problems);
  });

  test('beside another kind, or with fields of one', () => {
    const parsed = parseDocument('workflow: w\ntasks:\n  a: { approval: { subject: x }, retry: {}, timeout: 5s }');
    expect(parsed.kind === 'bad' && parsed.problems.map(({ path }) => path)).toEqual(['tasks.a.retry', 'tasks.a.timeout']);
  });
});

describe('the published schema and the checks agree', () => {
  const namesAt = (...path: string[]): string[] => {
    let schema: unknown = WORKFLOW_SCHEMA;
    for (const step of ['$defs', 'approval', 'properties', ...path]) schema = Reflect.get(schema as object, step);
    return Object.keys(schema as object).sort();
  };

  test('on every field there is', () => {
    expect(namesAt()).toEqual([...APPROVAL_FIELDS.known].sort());
    expect(namesAt('remind', 'anyOf', '1', 'properties')).toEqual([...REMIND_FIELDS.known].sort());
    expect(namesAt('escalate', 'properties')).toEqual([...ESCALATE_FIELDS.known].sort());
    expect(namesAt('expire', 'anyOf', '1', 'properties')).toEqual([...EXPIRE_FIELDS.known].sort());
  });

  const both = (approval: Json) => {
    const document = { workflow: 'w', tasks: { a: { approval } } };
    return {
      schema: checkInput(WORKFLOW_SCHEMA, document).length === 0,
      checks: parseDocument(JSON.stringify(document)).kind === 'ok',
    };
  };

  test.each<Json>([
    { subject: 'x' },
    { subject: '${{ input.x }}', assignees: 'anna', requester: '${{ input.by }}', fourEyes: true, form: true },
    {
      subject: 'x',
      assignees: '${{ input.who }}',
      required: 100,
      remind: '1h',
      escalate: { after: '2h', to: '${{ input.who }}' },
    },
    { subject: 'x', assignees: [], required: 2, remind: { every: '1h' }, expire: '2d' },
    { subject: 'x', assignees: ['a', '${{ input.b }}'], required: 5, remind: { after: '1s', every: '1s', maximum: 1000 } },
    { subject: 'x', form: { type: 'object' }, expire: { after: '2d', decision: 'fail' } },
    { subject: 'x', expire: { after: '2d' } },
  ])('good: %j', (approval) => {
    expect(both(approval)).toEqual({ schema: true, checks: true });
  });

  test.each<Json>([
    null,
    'x',
    {},
    { subject: '' },
    { subject: 'x', who: 'a' },
    { subject: 'x', assignees: 5 },
    { subject: 'x', required: 1.5 },
    { subject: 'x', fourEyes: 'no' },
    { subject: 'x', remind: {} },
    { subject: 'x', remind: { after: '1h', maximum: 2 } },
    { subject: 'x', escalate: { to: 'a' } },
    { subject: 'x', escalate: { after: '1h' } },
    { subject: 'x', expire: { decision: 'approved' } },
    { subject: 'x', expire: { after: '1h', decision: 'no' } },
    { subject: 'x', expire: 5 },
  ])('bad: %j', (approval) => {
    expect(both(approval)).toEqual({ schema: false, checks: false });
  });
});

describe('what is left out of an approval', () => {
  test('is nobody in particular, one of them, and no end', () => {
    expect(compileApproval({ subject: 'x' })).toMatchObject({
      assignees: null,
      form: null,
      requester: null,
      fourEyes: false,
      required: 1,
      remind: null,
      escalate: null,
      expire: null,
    });
  });

  test('of a reminder is its first time, how often and how many; of an end its decision', () => {
    const compiled = (remind: Json, expire: Json) => {
      const work = compileApproval({ subject: 'x', remind, expire });
      return [work.remind, work.expire];
    };
    expect(compiled('1m', '1h')).toEqual([
      { after: compileTemplate('1m'), every: null, maximum: 1 },
      { after: compileTemplate('1h'), decision: 'rejected' },
    ]);
    expect(compiled({ every: '1m' }, { after: '1h', decision: 'approved' })).toEqual([
      { after: compileTemplate('1m'), every: compileTemplate('1m'), maximum: 10 },
      { after: compileTemplate('1h'), decision: 'approved' },
    ]);
  });

  test('of a document that was never accepted is said so', () => {
    for (const approval of [5, {}, { subject: 'x', expire: {} }, { subject: 'x', escalate: {} }, { subject: 'x', remind: {} }])
      expect(() => compileApproval(approval)).toThrow(approval === 5 ? /is not a map/ : /./);
  });
});
