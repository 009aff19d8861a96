import { type Json, parseJsonText, type Stored } from '@reprise/core';

/** What a row keeps as text. */
export const jsonOf = (text: Stored): Json => (text === null || text === 'stored' ? null : parseJsonText(text));
