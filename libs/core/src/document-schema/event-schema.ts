import { MAX_AWAITED } from '../document/tasks/check-wait-for.js';
import type { Json } from '../json.js';
import { MAX_EVENT_TYPE_LENGTH } from '../topic.js';

/** `$defs` of tasks about events. */
export const EVENT_SCHEMAS = {
  waitFor: {
    description: 'Waits for events of a type: for those whose `match` equals `key` or, without the two, for any.',
    type: 'object',
    required: ['event'],
    additionalProperties: false,
    dependentRequired: { match: ['key'], key: ['match'] },
    properties: {
      event: {
        description: 'Type, in topic syntax: order.paid, order.*, order.#',
        type: 'string',
        pattern: '^([A-Za-z0-9_-]+|\\*|#)(\\.([A-Za-z0-9_-]+|\\*|#))*$',
        maxLength: MAX_EVENT_TYPE_LENGTH,
      },
      match: { description: 'Reads `event`: what must be equal to `key`.', $ref: '#/$defs/expression' },
      key: { description: 'Reads the run.', type: ['string', 'boolean'] },
      if: {
        description: 'Reads `event` and the run; an event for which it is false does not count.',
        $ref: '#/$defs/expression',
      },
      count: {
        description: 'How many; more than one: the output is a list. Default 1.',
        type: 'integer',
        minimum: 1,
        maximum: MAX_AWAITED,
      },
      timeout: { description: 'Then it fails with TIMEOUT. Default: none.', $ref: '#/$defs/durationOrExpression' },
      window: {
        description: 'How long before the wait an event may have come. Default: since the run was created.',
        $ref: '#/$defs/durationOrExpression',
      },
    },
  },
  emit: {
    description: 'Publishes an event; it may start and wake other runs.',
    type: 'object',
    required: ['type'],
    additionalProperties: false,
    properties: {
      type: { description: 'Words joined by dots; none that begins with `run.`', type: 'string', minLength: 1 },
      subject: { type: 'string' },
      data: { description: 'Values, with expressions. Default null.' },
    },
  },
} satisfies Json;
