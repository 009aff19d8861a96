import type { BackfillView, Page, ScheduleInstant, ScheduleView } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

export interface BackfillOptions {
  /** RFC 3339: the first and the last instant that get a run. */
  readonly from: string;
  readonly to: string;
  /** How many of its runs may be open at a time; default 1. */
  readonly parallel?: number;
  /** How many may start in a time: `10/s`, `30/m`, `100/h`. */
  readonly rate?: string;
  /** Instants that have a run already get another one. */
  readonly rerun?: boolean;
  /** Only tell how many instants there are. */
  readonly dryRun?: boolean;
}

export interface FiredSchedule {
  /** Of the run. */
  readonly id: string;
  /** `duplicate`: the key was known, this is the run it had started. */
  readonly outcome: 'accepted' | 'duplicate';
}

/** Names are `WORKFLOW/ID`. */
const at = (name: string, rest = ''): string => `/v1/schedules/${name.split('/').map(encodeURIComponent).join('/')}${rest}`;

export class SchedulesClient {
  constructor(private readonly connection: Connection) {}

  /** In the order of their names. */
  async list(query: PageOptions & { readonly workflow?: string } = {}): Promise<Page<ScheduleView>> {
    return (await this.connection.ask('/v1/schedules', { query: { ...query } })).body as Page<ScheduleView>;
  }

  async get(name: string): Promise<ScheduleView> {
    return (await this.connection.ask(at(name))).body as ScheduleView;
  }

  /** The next instants after `from`; default now. */
  async preview(name: string, query: { readonly count?: number; readonly from?: string } = {}): Promise<Page<ScheduleInstant>> {
    return (await this.connection.ask(at(name, '/preview'), { query: { ...query } })).body as Page<ScheduleInstant>;
  }

  async pause(name: string, reason?: string): Promise<ScheduleView> {
    const body = reason === undefined ? {} : { reason };
    return (await this.connection.ask(at(name, '/pause'), { method: 'POST', body })).body as ScheduleView;
  }

  /** It goes on with an instant to come. */
  async resume(name: string): Promise<ScheduleView> {
    return (await this.connection.ask(at(name, '/resume'), { method: 'POST' })).body as ScheduleView;
  }

  /** A run now, besides its times; the same key again finds the run it has started. */
  async trigger(name: string, options: { readonly key?: string } = {}): Promise<FiredSchedule> {
    const headers = options.key === undefined ? {} : { 'idempotency-key': options.key };
    return (await this.connection.ask(at(name, '/trigger'), { method: 'POST', headers })).body as FiredSchedule;
  }

  /** Runs for instants that have passed; those that have one already are left alone. */
  async backfill(name: string, options: BackfillOptions): Promise<BackfillView> {
    return (await this.connection.ask(at(name, '/backfill'), { method: 'POST', body: options })).body as BackfillView;
  }

  /** Newest first. */
  async backfills(name: string, { limit, cursor }: PageOptions = {}): Promise<Page<BackfillView>> {
    return (await this.connection.ask(at(name, '/backfills'), { query: { limit, cursor } })).body as Page<BackfillView>;
  }

  async backfillOf(name: string, id: string): Promise<BackfillView> {
    return (await this.connection.ask(at(name, `/backfills/${encodeURIComponent(id)}`))).body as BackfillView;
  }

  /** Nothing more starts; its open runs go on. */
  async cancelBackfill(name: string, id: string): Promise<BackfillView> {
    const path = at(name, `/backfills/${encodeURIComponent(id)}/cancel`);
    return (await this.connection.ask(path, { method: 'POST' })).body as BackfillView;
  }
}
