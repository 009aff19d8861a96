import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '@reprise/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { FOLDER, textOf } from './play.js';

const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []));
const schema: object = JSON.parse(readFileSync(`${FOLDER}../../docs/workflow.schema.json`, 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const fits = ajv.compile(schema);

test('there are twelve', () => expect(names).toHaveLength(12));

describe.each(names)('%s', (name) => {
  test('is accepted without a warning', () => {
    expect(parseDocument(textOf(name))).toMatchObject({ kind: 'ok', warnings: [] });
  });

  test('is shown without an error by an editor that knows the schema', () => {
    expect([fits(parse(textOf(name))), fits.errors]).toEqual([true, null]);
  });

  test('says where its schema is, and who else shows such a workflow', () => {
    const [first, second] = textOf(name).split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../../docs/workflow.schema.json');
    expect(second).toMatch(/^# Shown by .+\.$/);
  });
});
