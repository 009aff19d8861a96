import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

/* What the commands of one folder do one at a time: installing, building, starting servers. */

const lock = fileURLToPath(new URL('../../scripts/lib/lock.mjs', import.meta.url));
/** Takes the lock again and again; two inside at the same time would find each other's folder. */
const TAKES = `
  import { mkdirSync, rmdirSync } from 'node:fs';
  import { exclusively } from '${lock}';
  const [inside, times] = process.argv.slice(1);
  for (let taken = 0; taken < Number(times); taken += 1)
    await exclusively('work', async () => { mkdirSync(inside); rmdirSync(inside); }, { everyMs: 1 });
`;

let state: string;
beforeEach(() => {
  state = mkdtempSync(path.join(os.tmpdir(), 'reprise-lock-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const takes = (times: number): Promise<number | null> =>
  new Promise((resolve) => {
    const args = ['--input-type=module', '-e', TAKES, path.join(state, 'inside'), String(times)];
    const child = spawn(process.execPath, args, { env: { ...process.env, REPRISE_STATE_DIR: state }, stdio: 'inherit' });
    child.once('exit', resolve);
  });

test('only one at a time, however many want it at the same moment', async () => {
  expect(await Promise.all(Array.from({ length: 6 }, () => takes(300)))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(readdirSync(state)).toEqual([]);
});

test('the lock of one that has died is nobody’s, and only one takes it over', async () => {
  writeFileSync(path.join(state, 'work.lock'), JSON.stringify({ pid: 2 ** 30, start: '1' }));
  expect(await Promise.all(Array.from({ length: 6 }, () => takes(1)))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(readdirSync(state)).toEqual([]);
});
