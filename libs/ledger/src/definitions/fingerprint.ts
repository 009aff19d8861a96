import { createHash } from 'node:crypto';
import { canonicalJson, type JsonText, parseJsonText } from '@reprise/core';

/** What makes two inputs the same under one key: SHA-256 of the canonical JSON (RFC 8785), hexadecimal. */
export const fingerprintOf = (input: JsonText): string =>
  createHash('sha256')
    .update(canonicalJson(parseJsonText(input)))
    .digest('hex');
