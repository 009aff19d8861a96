import type { Delivery } from '@reprise/broker';

/** What has happened to a run or a task, as a CloudEvent of one line. */
export interface Change {
  readonly type: string;
  readonly run: string;
  readonly workflow: string;
  readonly status: string;
  readonly text: string;
}

const LARGEST = 65_536;

/** null: nothing that is understood here. Anybody may publish to the exchange. */
export function readChange({ body }: Pick<Delivery, 'body'>): Change | null {
  if (body.length > LARGEST) return null;
  try {
    const event: unknown = JSON.parse(body.toString('utf8'));
    const { type, data } = fieldsOf(event);
    const { run, workflow, status } = fieldsOf(data);
    if (typeof type !== 'string' || !/^(run|task)\.[A-Za-z]{1,40}$/.test(type)) return null;
    if (typeof run !== 'string' || typeof workflow !== 'string' || typeof status !== 'string') return null;
    // Written anew: a line break within would be taken for the end of the field.
    return { type, run, workflow, status, text: JSON.stringify(event) };
  } catch {
    return null;
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
