import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@reprise/core';

/** Content hash of a document: SHA-256 of its canonical JSON, hexadecimal. */
export const documentHash = (document: Json): string => createHash('sha256').update(canonicalJson(document)).digest('hex');
