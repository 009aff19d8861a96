import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { performBuild } from '../system/image/perform-build.js';
import { commandOf, environmentOf, readDockerfile, settingsOf } from '../system/image/read-dockerfile.js';

/* What can be said of the Dockerfile by reading it. That it builds what runs is tests/system/image.spec.ts. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(path.join(root, 'deploy/docker/Dockerfile'), 'utf8');
const stages = readDockerfile(text);
const last = stages.at(-1) ?? { name: null, base: '', steps: [] };

test('the linter has nothing to say, and would', () => {
  expect(validate(text)).toEqual([]);
  expect(validate(text.replace('EXPOSE 3000', 'EXPOSE http'))).not.toEqual([]);
  expect(validate(text.replace('COPY libs ./libs', 'COPY libs'))).not.toEqual([]);
});

test('every stage is of one pinned image, or of an earlier stage', () => {
  expect(text).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-\w+-slim$/m);
  for (const [index, { base }] of stages.entries()) {
    const earlier = stages.slice(0, index).map(({ name }) => name);
    expect(['${NODE_IMAGE}', ...earlier]).toContain(base);
  }
});

test('the version of its label and of the package are one', () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  expect(settingsOf(last, 'ARG')).toContain(`VERSION=${version}`);
});

test('it runs as somebody without a name and without rights, and is told to stop by SIGTERM', () => {
  expect(settingsOf(last, 'USER')).toEqual(['1000:1000']);
  expect(settingsOf(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
});

test('it hosts neither shell nor script unless told to', () => {
  expect(environmentOf(last)['REPRISE_HANDLERS']?.split(',')).toEqual(['http', 'sql', 'publish']);
});

test('it starts its own entry point and health check, which are there', () => {
  for (const keyword of ['ENTRYPOINT', 'HEALTHCHECK']) {
    const [program, script] = commandOf(last, keyword);
    expect([program, existsSync(path.join(root, script ?? ''))]).toEqual(['node', true]);
  }
});

test('every package of the workspace brings its manifest before anything is installed', () => {
  const copied = stages[0]?.steps.flatMap((step) => (step.kind === 'copy' ? step.sources : [])) ?? [];
  const packages = ['apps', 'libs'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}/package.json`),
  );
  expect([...copied].sort()).toEqual(['package-lock.json', 'package.json', ...packages].sort());
});

test('nothing of git, tests, secrets or this machine’s builds is sent to the engine', () => {
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.git', '.env', '.env.*', '**/node_modules', '**/dist', 'tests']));
});

test('the build that its test performs misses what a COPY does not bring, and what .dockerignore holds back', () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'reprise-build-'));
  try {
    const context = path.join(scratch, 'context');
    mkdirSync(path.join(context, 'lib/dist'), { recursive: true });
    for (const file of ['a', 'lib/kept', 'lib/dist/old']) writeFileSync(path.join(context, file), file);
    writeFileSync(path.join(context, '.dockerignore'), '**/dist\n');
    const build = (...steps: readonly string[]) => {
      writeFileSync(path.join(context, 'Dockerfile'), ['FROM node:1 AS one', 'WORKDIR /app', ...steps].join('\n'));
      return performBuild(context, 'Dockerfile', mkdtempSync(path.join(scratch, 'build-')));
    };
    const { workdir } = build(
      'COPY a ./',
      'COPY lib ./lib',
      'RUN cat a lib/kept > both',
      'FROM node:1',
      'WORKDIR /srv',
      'COPY --from=one /app ./',
    );
    expect(readFileSync(path.join(workdir, 'both'), 'utf8')).toBe('alib/kept');
    expect(existsSync(path.join(workdir, 'lib/dist'))).toBe(false);
    expect(() => build('RUN cat a')).toThrow('RUN cat a');
    expect(() => build('COPY lib/dist/old ./')).toThrow('lib/dist/old is not there');
    expect(() => build('COPY --from=two /app ./')).toThrow('there is no such stage');
    expect(() => build('RUN rm -rf /srv')).toThrow('more than the stage');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
