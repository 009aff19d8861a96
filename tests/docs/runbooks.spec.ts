import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { TestDatabase } from '@reprise/testing';
import { alertRules } from '../deploy/alert-rules.js';
import { blocksOf, pages, placeOf, ROOT } from './pages.js';

const PAGE = 'docs/operations/runbooks.md';
const page = pages().find(({ path }) => path === PAGE) ?? { path: PAGE, text: '' };
const sections = new Map(
  page.text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

test('every alert has its runbook, and every runbook its alert', () => {
  expect([...sections.keys()]).toEqual(alertRules().map(({ alert }) => alert));
});

test.each([...sections])('%s says what it means, what it prevents, how to look and how to mend', (name, section) => {
  expect(section).toContain(`<!-- generated: alert-${name.toLowerCase()} -->`);
  for (const part of ['**Prevents** ', '**Means.** ', '**Look.**\n', '**Mend.** ']) expect(section).toContain(part);
  expect(section).toMatch(/```(sh|sql)\n/);
});

test('the commands that runbooks name are there', () => {
  const known = readFileSync(`${ROOT}/docs/cli.md`, 'utf8');
  const commands = [...page.text.matchAll(/(?:^|`)reprise ([a-z]+ [a-z]+)/gm)].map(([, command]) => command);
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter((command) => !known.includes(`\n### \`reprise ${command}\`\n`))).toEqual([]);
});

test('the options that runbooks name are those of their commands', () => {
  const known = readFileSync(`${ROOT}/docs/cli.md`, 'utf8');
  const used = [...page.text.matchAll(/(?:^|`)reprise ([a-z]+ [a-z]+)([^`\n]*)/gm)].flatMap(([, command, rest = '']) =>
    [...rest.matchAll(/--[a-z-]+/g)].map(([option]) => ({ command, option })),
  );
  expect(used.length).toBeGreaterThan(5);
  const helpOf = (command = '') => known.split(`\n### \`reprise ${command}\`\n`)[1]?.split('\n### ')[0] ?? '';
  expect(used.filter(({ command, option }) => !helpOf(command).includes(`${option} `))).toEqual([]);
});

describe('the statements of runbooks are read-only and fit the ledger', () => {
  test('all of them', async () => {
    await using database = await TestDatabase.create();
    const statements = blocksOf(page).filter(({ language }) => language === 'sql');
    expect(statements.length).toBeGreaterThan(8);
    for (const block of statements) {
      expect(block.text).toMatch(/^select /);
      await database.query(block.text).catch((error) => {
        throw new Error(`${placeOf(block)}: ${error}`);
      });
    }
  });
});
