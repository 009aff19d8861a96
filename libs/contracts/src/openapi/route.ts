import { ORDINAL, type Schema, said, TEXT } from './schema.js';

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'header';
  readonly description: string;
  readonly schema: Schema;
  readonly required?: true;
}

export interface Answer {
  readonly description: string;
  /** Absent: there is no body. */
  readonly schema?: Schema;
  /** Default: `application/json`. */
  readonly mediaType?: string;
}

export interface RequestBody {
  readonly required: boolean;
  /** By media type. */
  readonly content: Readonly<Record<string, Schema>>;
}

/** One thing that can be asked over HTTP. Parameters of the path are read from it. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** `/v1/runs/{id}` */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: RequestBody;
  /** By status: answers that are no problem. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of problems that this route in particular answers with. */
  readonly problems?: readonly number[];
  /** It needs no credentials. */
  readonly open?: true;
}

export const query = (name: string, description: string, schema: Schema = TEXT): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});

export const PAGE: readonly Parameter[] = [
  query('limit', 'How many, at most.', { ...ORDINAL, maximum: 500, default: 50 }),
  query('cursor', 'The `next` of the page before, unchanged.'),
];

export const IDEMPOTENCY_KEY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key and request again find the run that the first has started.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

export const json = (schema: Schema, required = true): RequestBody => ({ required, content: { 'application/json': schema } });

export const answer = (description: string, schema: Schema): Answer => ({ description, schema });

/** An object of a request: unlike those of answers it may have no other fields. */
export const fields = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
});

export const REASON: Schema = said('Kept with it, for people.', { type: ['string', 'null'], maxLength: 1_000 });
