import { expect, test } from '@jest/globals';
import { instantText, localText, parseInstant } from './instant-text.js';
import { parseZone } from './zone.js';

test.each<[string, string | null]>([
  ['2030-01-31T09:00:00Z', '2030-01-31T09:00:00Z'],
  ['2030-01-31 09:00z', '2030-01-31T09:00:00Z'],
  ['2030-01-31t09:00:00.123456789+02:00', '2030-01-31T07:00:00.123Z'],
  ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['2030-02-29T00:00:00Z', null],
  ['2030-13-01T00:00:00Z', null],
  ['2030-01-31T24:01:00Z', null],
  ['2030-01-31T09:00:00', null],
  ['2030-01-31', null],
  ['tomorrow', null],
])('%s', (text, expected) => {
  const instant = parseInstant(text);
  expect(instant === null ? null : instantText(instant)).toBe(expected);
});

test('an instant as the clocks of a zone show it', () => {
  const at = (zone: string, text: string): string => {
    const parsed = parseZone(zone);
    return parsed.kind === 'ok' ? localText(parsed.zone, Date.parse(text)) : parsed.message;
  };
  expect(at('Europe/Berlin', '2026-03-29T01:00:00Z')).toBe('2026-03-29T03:00:00+02:00');
  expect(at('America/St_Johns', '2026-01-01T00:00:00.5Z')).toBe('2025-12-31T20:30:00.500-03:30');
  expect(at('UTC', '2026-01-01T00:00:00Z')).toBe('2026-01-01T00:00:00+00:00');
});
