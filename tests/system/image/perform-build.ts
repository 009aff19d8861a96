import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readDockerfile, type Stage, type Step } from './read-dockerfile.js';

/*
 * What `docker build` would do, without a container engine: each stage is a folder that stands for the root of its file system, COPY
 * copies what .dockerignore lets through, RUN runs with the stage's working folder and this machine's Node. So a file that no COPY
 * brings is missing here too. What it cannot show is what the base image brings or lacks.
 */

export interface BuiltImage {
  /** The folder that stands for `/` in the last stage. */
  readonly root: string;
  /** Its working folder. */
  readonly workdir: string;
  readonly stage: Stage;
}

interface Built {
  readonly root: string;
  workdir: string;
}

export function performBuild(context: string, dockerfile: string, scratch: string): BuiltImage {
  const stages = readDockerfile(readFileSync(path.join(context, dockerfile), 'utf8'));
  const letsThrough = readIgnored(readFileSync(path.join(context, '.dockerignore'), 'utf8'));
  const built = new Map<string, Built>();
  const brought = { context, letsThrough, built };
  for (const [index, stage] of stages.entries()) {
    const base = built.get(stage.base);
    const here: Built = { root: path.join(scratch, `stage-${index}`), workdir: base?.workdir ?? '/' };
    if (base === undefined) mkdirSync(here.root, { recursive: true });
    else cpSync(base.root, here.root, { recursive: true, verbatimSymlinks: true });
    for (const step of stage.steps) perform(step, here, brought);
    built.set(stage.name ?? String(index), here);
  }
  const last = [...built.values()].at(-1);
  const stage = stages.at(-1);
  if (last === undefined || stage === undefined) throw new Error(`${dockerfile} has no stage`);
  return { root: last.root, workdir: path.join(last.root, last.workdir), stage };
}

interface Brought {
  readonly context: string;
  readonly letsThrough: (file: string) => boolean;
  readonly built: ReadonlyMap<string, Built>;
}

function perform(step: Step, here: Built, { context, letsThrough, built }: Brought): void {
  const inside = path.join(here.root, here.workdir);
  if (step.kind === 'run') return run(step.script, inside);
  if (step.kind === 'set') {
    if (step.keyword === 'WORKDIR') here.workdir = path.posix.resolve(here.workdir, step.text);
    mkdirSync(path.join(here.root, here.workdir), { recursive: true });
    return;
  }
  const from = step.from === null ? { root: context, lets: letsThrough } : { root: built.get(step.from)?.root, lets: () => true };
  if (from.root === undefined) throw new Error(`COPY --from=${step.from}: there is no such stage before`);
  for (const source of step.sources) copy(from.root, source, path.join(inside, step.to), { step, lets: from.lets });
}

function copy(root: string, source: string, to: string, { step, lets }: { step: Step; lets: (file: string) => boolean }): void {
  const full = path.join(root, source);
  if (!existsSync(full) || !lets(path.relative(root, full))) throw new Error(`${source} is not there: ${JSON.stringify(step)}`);
  const target = statSync(full).isDirectory() || !to.endsWith('/') ? to : path.join(to, path.basename(source));
  mkdirSync(path.dirname(target), { recursive: true });
  if (step.kind === 'copy' && step.from !== null && statSync(full).isDirectory()) return copyWhole(full, target);
  cpSync(full, target, { recursive: true, verbatimSymlinks: true, filter: (file) => lets(path.relative(root, file)) });
}

/** Ten thousands of files: one by one they take a minute on a busy machine. */
function copyWhole(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const { status, stderr } = spawnSync('cp', ['-RP', `${from}/.`, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cp ${from}: ${stderr}`);
}

function run(script: string, cwd: string): void {
  if (/(^|[\s'"=])\/[a-z]/.test(script)) throw new Error(`this would touch more than the stage's working folder: ${script}`);
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', script], { cwd, env: { PATH, HOME }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`RUN ${script}: ended with ${status}\n${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`);
}

/** The part of .dockerignore's language that ours uses. */
function readIgnored(text: string): (file: string) => boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const expressions = lines.map((line) => {
    if (line.startsWith('!') || /[?[]/.test(line)) throw new Error(`not read here: ${line}`);
    const one = (part: string): string => part.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '[^/]*');
    const parts = line.split('/').map((part) => (part === '**' ? '(?:[^/]+/)*' : `${one(part)}/`));
    return new RegExp(`^${parts.join('')}`);
  });
  return (file) => !expressions.some((expression) => expression.test(`${file}/`));
}
