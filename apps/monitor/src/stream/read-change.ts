import type { Delivery } from '@reprise/broker';

/** What has happened to a run or a task, as a CloudEvent of one line. */
export interface Change {
  readonly type: string;
  readonly run: string;
  readonly workflow: string;
  /** What has happened: `started` of `task.started`. */
  readonly news: string;
  /** What it is now. */
  readonly status: string;
  readonly text: string;
}

const LARGEST = 65_536;
const TYPE = /^(run|task)\.([A-Za-z]{1,40})$/;

/** null: nothing that is understood here. Anybody may publish to the exchange. */
export function readChange({ body }: Pick<Delivery, 'body'>): Change | null {
  if (body.length > LARGEST) return null;
  try {
    const event: unknown = JSON.parse(body.toString('utf8'));
    const { type, data } = fieldsOf(event);
    const { run, workflow, status: told } = fieldsOf(data);
    const [, about, news] = typeof type === 'string' ? (TYPE.exec(type) ?? []) : [];
    if (typeof type !== 'string' || news === undefined) return null;
    const status = about === 'task' ? taskStatus(news) : told;
    if (typeof run !== 'string' || typeof workflow !== 'string' || typeof status !== 'string') return null;
    // Written anew: a line break within would be taken for the end of the field.
    return { type, run, workflow, news, status, text: JSON.stringify(event) };
  } catch {
    return null;
  }
}

/** News of tasks carry no status of their own: their type says it. */
const taskStatus = (news: string): string => (news === 'started' ? 'running' : news);

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
