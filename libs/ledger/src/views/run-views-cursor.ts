import type { Address } from '@reprise/core';
import { isUuid, type RunId, runId } from '@reprise/core';

/** Where a page of a list ended: opaque to callers, checked when it comes back. */
const encode = (parts: readonly (string | number)[]): string => Buffer.from(parts.join('|')).toString('base64url');

function decode(cursor: string, count: number): readonly string[] | null {
  if (cursor.length > 512 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  const parts = Buffer.from(cursor, 'base64url').toString('utf8').split('|');
  return parts.length === count ? parts : null;
}

const whole = (text: string | undefined): number | null =>
  text !== undefined && /^-?\d{1,16}$/.test(text) ? Number(text) : null;

const AT = /^(\d{1,9}(\.\d{1,9}){0,63})?$/;

export const runCursor = (id: string): string => encode(['r', id]);

export function readRunCursor(cursor: string): RunId | null {
  const [tag, id = ''] = decode(cursor, 2) ?? [];
  return tag === 'r' && isUuid(id) ? runId(id) : null;
}

export const taskCursor = ({ node, at }: Address): string => encode(['t', node, at]);

export function readTaskCursor(cursor: string): Address | null {
  const [tag, nodeText, at = ''] = decode(cursor, 3) ?? [];
  const node = whole(nodeText);
  return tag === 't' && node !== null && node >= 0 && AT.test(at) ? { node, at } : null;
}

/** A number that only grows (or only falls) along a list. */
export const numberCursor = (value: number): string => encode(['n', value]);

export function readNumberCursor(cursor: string): number | null {
  const [tag, text] = decode(cursor, 2) ?? [];
  return tag === 'n' ? whole(text) : null;
}

/** A name, of a list that is ordered by it. Names may have any characters. */
export const nameCursor = (name: string): string => Buffer.from(`s|${name}`).toString('base64url');

export function readNameCursor(cursor: string): string | null {
  if (cursor.length > 1_000 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  return text.startsWith('s|') && !text.includes('\0') ? text.slice(2) : null;
}

/** Place of a fact in a run's history. */
export interface FactPlace {
  readonly us: number;
  readonly rank: number;
  readonly place: number;
  readonly at: string;
  readonly fence: number;
}

export const HISTORY_START: FactPlace = { us: -1, rank: 0, place: 0, at: '', fence: 0 };

export const factCursor = ({ us, rank, place, at, fence }: FactPlace): string => encode(['h', us, rank, place, at, fence]);

export function readFactCursor(cursor: string): FactPlace | null {
  const [tag, usText, rankText, placeText, at = '', fenceText] = decode(cursor, 6) ?? [];
  const [us, rank, place, fence] = [whole(usText), whole(rankText), whole(placeText), whole(fenceText)];
  if (tag !== 'h' || us === null || rank === null || place === null || fence === null || !AT.test(at)) return null;
  return { us, rank, place, at, fence };
}
