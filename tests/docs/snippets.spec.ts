import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { decodeAlarm, decodeAttempts, decodeGateRequest, decodeHint, decodeInbox } from '@reprise/contracts';
import { type Json, type Problem, parseDocument, parseExpression } from '@reprise/core';
import { parse } from 'yaml';
import { type Block, blocksOf, pages, placeOf, ROOT } from './pages.js';

const BLOCKS = pages().flatMap(blocksOf);
const of = (language: string): readonly Block[] => BLOCKS.filter((block) => block.language === language);

const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by));

/** Parts of a document, made whole. A block says which part it is: `yaml task`, `yaml call`, `yaml tasks`, `yaml on`. */
const WHOLE: Readonly<Record<string, (text: string) => string>> = {
  workflow: (text) => text,
  tasks: (text) => `workflow: part\ntasks:\n${indent(text, 2)}`,
  task: (text) => `workflow: part\ntasks:\n  part:\n${indent(text, 4)}`,
  call: (text) => `workflow: part\ntasks:\n  part:\n    call: some.handler\n${indent(text, 4)}`,
  on: (text) => `workflow: part\n${text}tasks: { part: { call: some.handler } }\n`,
};

const partOf = ({ marks }: Block): string => marks.find((mark) => mark !== 'refused') ?? 'workflow';

/** As `reprise validate orders.yaml` prints it. */
const shown = ({ path, line, column, message, hint }: Problem): string =>
  `orders.yaml:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}${hint === null ? '' : ` (${hint})`}`;

describe('every workflow document that is shown', () => {
  const documents = of('yaml').filter((block) => partOf(block) in WHOLE);
  const refused = documents.filter(({ marks }) => marks.includes('refused'));

  test('there are enough of them for this to mean something', () => {
    expect(documents.length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThan(3);
  });

  test.each(documents.filter((block) => !refused.includes(block)).map((block) => [placeOf(block), block] as const))(
    '%s is accepted without a warning',
    (_place, block) => {
      const parsed = parseDocument(WHOLE[partOf(block)]?.(block.text) ?? '');
      const problems = parsed.kind === 'bad' ? parsed.problems : parsed.warnings;
      expect(problems.map(shown)).toEqual([]);
    },
  );

  test.each(refused.map((block) => [placeOf(block), block] as const))(
    '%s is refused as the text after it says',
    (_place, block) => {
      const answer = BLOCKS[BLOCKS.indexOf(block) + 1];
      const parsed = parseDocument(block.text);
      expect(parsed.kind).toBe('bad');
      expect(answer?.language).toBe('text');
      if (parsed.kind === 'bad') expect(`${parsed.problems.map(shown).join('\n')}\n`).toBe(answer?.text);
    },
  );
});

test('every other YAML is YAML, and says what it is', () => {
  for (const block of of('yaml').filter((each) => !(partOf(each) in WHOLE))) {
    expect({ place: placeOf(block), marks: block.marks }).toEqual({ place: placeOf(block), marks: ['other'] });
    parse(block.text);
  }
});

test('every expression that is shown alone can be parsed', () => {
  const wrong = of('cel').flatMap((block) =>
    block.text
      .split('\n')
      .map((line) => line.replace(/\s+\/\/ .*$/, '').trim())
      .filter((line) => line !== '')
      .flatMap((line) => {
        try {
          parseExpression(line);
          return [];
        } catch (error) {
          return [`${placeOf(block)}: ${line}: ${String(error)}`];
        }
      }),
  );
  expect(wrong).toEqual([]);
});

describe('every JSON that is shown', () => {
  const decoders: Readonly<Record<string, (body: Buffer) => unknown>> = {
    attempts: (body) => decodeAttempts(body),
    inbox: (body) => decodeInbox(body),
    gate: (body) => decodeGateRequest(body),
    alarm: (body) => decodeAlarm(body),
    control: (body) => ({ kind: decodeHint(body) === null ? 'bad' : 'ok' }),
  };

  test.each(of('json').map((block) => [placeOf(block), block] as const))('%s is JSON', (_place, { text }) => {
    expect(() => JSON.parse(text)).not.toThrow();
  });

  test.each(
    of('json')
      .filter(({ marks }) => marks.length > 0)
      .map((block) => [`${placeOf(block)} ${block.marks.join(' ')}`, block] as const),
  )('%s is read by its receiver', (_place, { text, marks: [mark = ''] }) => {
    expect(decoders[mark]?.(Buffer.from(text))).toMatchObject({ kind: 'ok' });
  });

  test('a workflow in JSON is a workflow', () => {
    const workflows = of('json').filter(
      ({ text }) => Object.hasOwn(JSON.parse(text) as object, 'tasks') && /"workflow"/.test(text),
    );
    for (const { text } of workflows) {
      const value = JSON.parse(text) as { readonly [key: string]: Json };
      if (value['status'] === undefined) expect(parseDocument(text).kind).toBe('ok');
    }
  });
});

describe('every TypeScript that is shown', () => {
  const cache = `${ROOT}/node_modules/.cache`;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(`${cache}/reprise-docs-`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('passes the compiler with the settings of this repository', () => {
    const files = of('ts').map((block, index) => {
      const name = `${String(index).padStart(2, '0')}-${block.page.replace(/[^A-Za-z0-9]+/g, '-')}-${block.line}.ts`;
      writeFileSync(`${folder}/${name}`, `${block.text}export {};\n`);
      return name;
    });
    expect(files.length).toBeGreaterThanOrEqual(3);
    const settings = {
      extends: `${ROOT}/tsconfig.tests.json`,
      compilerOptions: {
        rootDir: ROOT,
        types: ['node'],
        typeRoots: [`${ROOT}/node_modules/@types`],
        paths: {
          '@reprise/worker/testing': [`${ROOT}/libs/worker/src/testing/index.ts`],
          '@reprise/*': [`${ROOT}/libs/*/src/index.ts`],
        },
        noUnusedLocals: false,
      },
      include: [],
      files,
    };
    writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(settings));
    const compiler = `${ROOT}/node_modules/typescript7/bin/tsc`;
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
  });
});
