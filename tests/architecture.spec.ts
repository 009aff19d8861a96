import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkSource } from './architecture/check-source.js';
import { roomCircles } from './architecture/room-circles.js';
import { ROOT, shippedSources } from './architecture/sources.js';
import { DOORS, MAY_IMPORT } from './architecture/walls.js';

const sources = shippedSources();

test('no file that ships breaks a wall', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(checkSource)).toEqual([]);
});

test('every package has its walls, and no door is left open that nobody uses', () => {
  const packages = new Set(sources.map(({ path }) => path.split('/').slice(0, 2).join('/')));
  for (const name of packages) expect(Object.keys(MAY_IMPORT)).toContain(name);
  for (const [path, walls] of Object.entries(DOORS)) {
    expect([path, existsSync(ROOT + path)]).toEqual([path, true]);
    const source = sources.find((each) => each.path === path);
    const elsewhere = { path: path.replace(/[^/]+$/, 'elsewhere.ts'), text: source?.text ?? '' };
    expect([path, checkSource(elsewhere).length]).toEqual([path, walls.length]);
  }
});

test('the rooms of a package stand on floors: none needs one that needs it', () => {
  expect(roomCircles(sources)).toEqual([]);
  const circle = [
    { path: 'libs/x/src/a/one.ts', text: `import { two } from '../b/two.js';` },
    { path: 'libs/x/src/b/two.ts', text: `import type { One } from '../a/one.js';` },
    { path: 'libs/x/src/a/c/three.ts', text: `export { one } from '../one.js';\nimport { two } from '../../b/two.js';` },
    { path: 'libs/x/src/a/one.ts', text: `export { three } from './c/three.js';` },
  ];
  expect(roomCircles(circle)).toEqual(['libs/x/src/a ↔ libs/x/src/b']);
});

describe('a wall that is broken is seen', () => {
  test.each<[string, string, string]>([
    ['libs/core/src/a.ts', `import { x } from '@reprise/contracts';`, 'nothing of ours'],
    ['libs/contracts/src/a.ts', `import type { x } from '@reprise/ledger';`, 'may import core'],
    ['libs/ledger/src/a.ts', `export { x } from '@reprise/broker';`, 'may import core, contracts'],
    ['libs/broker/src/a.ts', `const x = await import('@reprise/ledger');`, 'may import contracts'],
    ['libs/broker/src/a.ts', `type X = import('@reprise/core').RunId;`, 'may import contracts'],
    ['libs/service/src/a.ts', `import '@reprise/core';`, 'nothing of ours'],
    ['libs/client/src/a.ts', `import { x } from '@reprise/service/settings';`, 'may import core, contracts'],
    ['libs/worker/src/a.ts', `import { x } from '@reprise/testing';`, 'may import'],
    ['libs/worker/src/testing/a.ts', `import { x } from '@reprise/ledger';`, 'libs/worker/src/testing/ may import core'],
    ['libs/worker/src/testing/a.ts', `import { Injectable } from '@nestjs/common';`, 'must stay light'],
    ['libs/worker/src/testing/a.ts', `import { test } from '@jest/globals';`, 'must stay light'],
    ['apps/trigger/src/a.ts', `import { x } from '@reprise/scheduler';`, 'may import'],
    ['apps/trigger/src/a.ts', `import { x } from '../../scheduler/src/b.js';`, 'another package'],
    ['libs/core/src/a.ts', `import { x } from '../../ledger/src/b.js';`, 'another package'],
    ['libs/ledger/src/a.ts', `import * as amqp from 'amqplib';`, 'only libs/broker'],
    ['apps/monitor/src/a.ts', `import { Client } from 'pg';`, 'only libs/ledger'],
    ['apps/monitor/src/a.ts', `const { Client } = require('pg');`, 'only libs/ledger'],
    ['libs/worker/src/a.ts', `import type { DataSource } from 'typeorm';`, 'only libs/ledger'],
    ['libs/ledger/src/a.ts', `import { Injectable } from '@nestjs/common';`, 'only libs/service'],
    ['libs/core/src/a.ts', `import { readFileSync } from 'node:fs';`, 'the machine it runs on'],
    ['libs/core/src/a.ts', 'export async function a() {}', 'waits'],
    ['libs/core/src/a.ts', 'setTimeout(() => {}, 1);', 'uses setTimeout'],
    ['libs/contracts/src/a.ts', `console.log('a');`, 'uses console'],
    ['libs/ledger/src/a.ts', 'export const a = Date.now();', 'come in as values'],
    ['apps/trigger/src/a.ts', 'export const a = { now: Date.now };', 'come in as values'],
    ['apps/trigger/src/a.ts', 'export const a = new Date();', 'come in as values'],
    ['libs/worker/src/a.ts', 'export const a = performance.now() + Math.random();', 'come in as values'],
    ['apps/executor/src/a.ts', `import { createHash, randomUUID as id } from 'node:crypto';`, 'come in as values'],
    ['apps/executor/src/a.ts', 'export const a = crypto.randomUUID();', 'come in as values'],
    ['apps/executor/src/a.ts', `export const a = process.env['HOME'];`, 'settings come in'],
    ['libs/broker/src/a.ts', `import { env } from 'node:process';`, 'imports process'],
    ['libs/broker/src/a.ts', `import { Injectable } from '@nestjs/common';\n@Injectable()\nexport class A {}`, '@Injectable'],
    ['libs/core/src/index.ts', `export * from './a.js';`, 'name what is exported'],
    ['libs/core/src/a.ts', `${'\n'.repeat(250)}x`, 'has 251 lines'],
    ['libs/core/src/run/types.ts', '', 'hallway'],
    ['libs/core/src/string-utils.ts', '', 'hallway'],
    ['apps/trigger/src/start.service.ts', '', 'hallway'],
  ])('%s: %s', (path, text, expected) => {
    expect(checkSource({ path, text }).join('\n')).toContain(expected);
  });
});

describe('what is allowed is left alone', () => {
  test.each<[string, string]>([
    ['libs/ledger/src/a.ts', `import { createHash } from 'node:crypto';\nexport const a = (ms: number) => new Date(ms);`],
    ['libs/core/src/a.ts', `// Date.now() and await\nexport const a = 'process.env, new Date()';`],
    ['libs/core/src/a.ts', 'export const a = { process: 1, console: 2 };\nexport const b = a.process;'],
    ['libs/service/src/a.ts', 'export const a = [process.env, Date.now()];'],
    ['apps/trigger/src/a.controller.ts', `import { Controller } from '@nestjs/common';\n@Controller()\nexport class A {}`],
    ['libs/ledger/src/entities/a.entity.ts', `import { Entity } from 'typeorm';\n@Entity()\nexport class A {}`],
    ['apps/all/src/a.ts', `import { x } from '@reprise/trigger';`],
    ['libs/core/src/a.ts', `${'\n'.repeat(249)}x`],
    ['libs/core/src/run/run-types-of-work.ts', ''],
  ])('%s: %s', (path, text) => {
    expect(checkSource({ path, text })).toEqual([]);
  });
});
