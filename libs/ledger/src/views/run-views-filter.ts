import type { RunStatus } from '@reprise/core';
import { firstUuidAt } from '../schema/partitions.js';

export interface RunFilter {
  readonly status: RunStatus | null;
  readonly workflow: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  /** Created at or after, before; epoch milliseconds. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** Beginning of an id or of a business key, or part of a workflow's name. */
  readonly q: string | null;
  /** The run that has started them. */
  readonly parent: string | null;
}

export const ALL_RUNS: RunFilter = {
  status: null,
  workflow: null,
  labels: null,
  sinceMs: null,
  untilMs: null,
  q: null,
  parent: null,
};

/** Values of `list-runs` but for how many; ids bound the walk, so that time filters cost no scan. */
export interface IdBounds {
  readonly below: string | null;
  readonly from: string | null;
}

const OPEN: ReadonlySet<RunStatus> = new Set(['queued', 'running', 'paused']);
/** Ids are minted by the trigger's clock, `created_at` by the database's. */
export const CLOCK_SLACK_MS = 600_000;
const LAST_MS = 0xffff_ffff_ffff;

/** Probes of polls are shown to those who name them: by their workflow, or by their id. */
export function filterValues(
  filter: RunFilter,
  bounds: IdBounds,
  ids: readonly string[] | null,
  withProbes = filter.workflow !== null,
): unknown[] {
  const { status, workflow, labels, sinceMs, untilMs, parent } = filter;
  const sinceId = sinceMs === null ? null : firstUuidAt(clamp(sinceMs - CLOCK_SLACK_MS));
  const untilId = untilMs === null ? null : firstUuidAt(clamp(untilMs + CLOCK_SLACK_MS));
  const below = smaller(bounds.below, untilId);
  const from = larger(bounds.from, sinceId);
  const isOpen = status !== null && OPEN.has(status);
  const labelled = labels === null ? null : JSON.stringify(labels);
  return [below, from, workflow, status, isOpen, labelled, sinceMs, untilMs, ids, parent, withProbes];
}

/** Ids that begin with this text; null: no id can. */
export function idRange(prefix: string): IdBounds | null {
  const hex = prefix.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{4,32}$/.test(hex) || !/^[0-9a-f-]{4,36}$/i.test(prefix)) return null;
  const from = uuidOf(hex.padEnd(32, '0'));
  if (!from.startsWith(prefix.toLowerCase())) return null;
  const next = (BigInt(`0x${hex}`) + 1n).toString(16).padStart(hex.length, '0');
  return { from, below: next.length > hex.length ? null : uuidOf(next.padEnd(32, '0')) };
}

export const smaller = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b < a) ? b : a);
const larger = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b > a) ? b : a);
const clamp = (ms: number): number => Math.min(Math.max(Math.floor(ms), 0), LAST_MS);
const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
