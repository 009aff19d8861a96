import { EXPIRE_DECISIONS } from '../document/values/fields.js';
import type { Json } from '../json.js';

/** `$defs` of what concerns approvals. */
export const APPROVAL_SCHEMAS = {
  people: {
    description: 'A name, a list of names, or an expression for them.',
    anyOf: [{ type: 'string' }, { type: 'array', maxItems: 100, items: { type: 'string' } }],
  },
  approval: {
    description: 'A person decides.',
    type: 'object',
    required: ['subject'],
    additionalProperties: false,
    properties: {
      subject: { description: 'What there is to decide.', type: 'string', pattern: '\\S' },
      assignees: { description: 'Who may decide. Default: anybody.', $ref: '#/$defs/people' },
      required: {
        description: 'How many must approve; one rejection decides. Default 1.',
        type: 'integer',
        minimum: 1,
        maximum: 100,
      },
      form: { description: 'JSON Schema 2020-12 of what is answered.', type: ['object', 'boolean'] },
      requester: { description: 'Who asks. Default: who started the run.', type: 'string' },
      fourEyes: { description: 'The requester may not approve. Default false.', type: 'boolean' },
      remind: {
        description: 'Reminds after a while, or again and again.',
        anyOf: [
          { $ref: '#/$defs/durationOrExpression' },
          {
            type: 'object',
            additionalProperties: false,
            anyOf: [{ required: ['after'] }, { required: ['every'] }],
            dependentRequired: { maximum: ['every'] },
            properties: {
              after: { $ref: '#/$defs/durationOrExpression' },
              every: { $ref: '#/$defs/durationOrExpression' },
              maximum: { description: 'Reminders in total. Default 10.', type: 'integer', minimum: 1, maximum: 1_000 },
            },
          },
        ],
      },
      escalate: {
        description: 'Adds people who may decide.',
        type: 'object',
        required: ['after', 'to'],
        additionalProperties: false,
        properties: { after: { $ref: '#/$defs/durationOrExpression' }, to: { $ref: '#/$defs/people' } },
      },
      expire: {
        description: 'Decides in the end: rejected, unless said otherwise.',
        anyOf: [
          { $ref: '#/$defs/durationOrExpression' },
          {
            type: 'object',
            required: ['after'],
            additionalProperties: false,
            properties: { after: { $ref: '#/$defs/durationOrExpression' }, decision: { enum: EXPIRE_DECISIONS } },
          },
        ],
      },
    },
  },
} satisfies Json;
