import type { TaskError, Why, WhyEnded } from '@reprise/core';
import { ANYTHING, COUNT, component, ID, ORDINAL, orNull, type Schema, said, shape, TEXT, words } from './schema.js';

type Of<Reason extends Why['reason']> = Extract<Why, { readonly reason: Reason }>;

const just = (text: string): Schema => ({ const: text });

const RULE: Schema = said('The rule that decided: `from` tells whose, `pattern` what matched.', {
  type: 'object',
  required: ['from'],
  properties: { from: TEXT, pattern: TEXT, index: COUNT },
});

const WAIT: Schema = said('Where the wait comes from, with the numbers of its formula.', {
  type: 'object',
  required: ['from', 'delayMs'],
  properties: {
    from: { enum: ['retryAfter', 'backoff'] },
    askedMs: { type: 'number' },
    backoff: TEXT,
    initialMs: { type: 'number' },
    coefficient: { type: 'number' },
    retry: COUNT,
    rawMs: { type: 'number' },
    capMs: { type: 'number' },
    jitter: TEXT,
    unit: { type: 'number' },
    delayMs: { type: 'number' },
  },
});

const ENDED: Schema = shape<WhyEnded>({
  reason: words<WhyEnded['reason']>({ failure: true, lost: true }),
  attempt: COUNT,
  code: TEXT,
  rule: orNull(RULE),
  count: COUNT,
  limit: COUNT,
  elapsedMs: { type: 'number' },
  holds: COUNT,
  action: TEXT,
  spent: orNull(TEXT),
  wait: orNull(WAIT),
});

export const WHY_SCHEMAS: Readonly<Record<string, Schema>> = {
  TaskError: said(
    'Why something failed: a code for rules, words for people.',
    shape<TaskError>({ code: TEXT, message: TEXT, details: ANYTHING, task: TEXT }, ['details', 'task']),
  ),
  Why: said('Why an attempt exists, waits, or does not come.', {
    anyOf: [
      shape<Of<'first'>>({ reason: just('first') }),
      ENDED,
      shape<Of<'hold'>>(
        {
          reason: just('hold'),
          hold: TEXT,
          holds: COUNT,
          delayMs: { type: 'number' },
          before: orNull(component('Why')),
          detail: TEXT,
        },
        ['before', 'detail'],
      ),
      shape<Of<'released'>>({
        reason: just('released'),
        as: words<Of<'released'>['as']>({ canary: true, wave: true }),
        dependency: TEXT,
        before: orNull(component('Why')),
      }),
      shape<Of<'handed-back'>>({ reason: just('handed-back'), executor: orNull(TEXT), attempt: ORDINAL }),
      shape<Of<'operator'>>({ reason: just('operator'), askedBy: TEXT, attempt: COUNT }),
      shape<Of<'reused'>>({ reason: just('reused'), run: ID }),
      shape<Of<'answered'>>({ reason: just('answered'), run: ID, before: orNull(component('Why')) }),
    ],
  }),
};
