import { types } from 'node:util';

/** Like `instanceof Error`, but true as well for errors made in another realm (Node's own ones under jest). */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/** The `code` of an error (`ECONNREFUSED`, `57P01`), or null. */
export function errorCode(error: unknown): string | null {
  return isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
