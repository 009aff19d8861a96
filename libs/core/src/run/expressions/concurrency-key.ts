import { render } from '../../expression/index.js';
import type { Json } from '../../json.js';
import type { Workflow } from '../../workflow/workflow.js';
import { attemptTo, type Evaluated } from './evaluate.js';
import { readKey } from './read-key.js';

/** The key under which runs of this workflow with such an input count together; null: they are not counted. */
export function concurrencyKey({ concurrency }: Workflow, input: Json): Evaluated<string | null> {
  if (concurrency === null) return { kind: 'ok', value: null };
  const { key } = concurrency;
  if (key === null) return { kind: 'ok', value: '' };
  const rendered = attemptTo(() => render(key, { input }));
  return rendered.kind === 'error' ? rendered : readKey(rendered.value.value, '`concurrency.key`');
}
