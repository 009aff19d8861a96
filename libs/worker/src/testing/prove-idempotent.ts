import type { Json } from '@reprise/core';
import type { Attempt } from '../handlers/attempt.js';
import { defineHandler } from '../handlers/define-handler.js';
import type { HandlerOptions } from '../handlers/handler.js';
import type { FakeQuery } from './fake-transaction.js';
import type { Deed, OutsideWorld } from './outside-world.js';
import { Performance } from './performance.js';
import { type Doubt, type Problem, Proof } from './proof.js';
import { type Scenario, scenariosOf, UNDISTURBED } from './scenario.js';
import type { TestedRun } from './tested-run.js';
import { TesterError } from './tester-error.js';
import { durationMs } from './virtual-time.js';
import { testWorkflow } from './workflow-tester.js';

type Given = ReturnType<JSON['parse']>;

/** The handler, with the clients of this scenario: `(input, attempt, { provider }) => new Payments(provider).charge(input, attempt)`. */
export type ProvedHandler<Clients> = (input: Given, attempt: Attempt, clients: Clients) => unknown;

export interface ProofOptions<Clients extends Watched> extends Pick<HandlerOptions, 'effect' | 'onInDoubt' | 'retry'> {
  readonly input?: Json;
  /** Makes the world and the clients in it, afresh for each scenario: `const world = outsideWorld(); return { world, provider: world.watch(…) }`. */
  readonly world: () => Clients;
  /** Plays the database of `attempt.transaction`. */
  readonly query?: FakeQuery;
  /** How long an attempt may be at work in real time; default 4s. */
  readonly patience?: string;
  /** How long all of it may take in real time; default 30s. */
  readonly limit?: string;
}

/** What the function `world` gives: a fresh world, and clients that it watches. */
export interface Watched {
  readonly world: OutsideWorld;
}

const used = new WeakSet<OutsideWorld>();

interface Played {
  readonly run: TestedRun<unknown>;
  readonly deeds: readonly Deed[];
  readonly points: readonly string[];
}

const DOCUMENT = {
  workflow: 'proof',
  tasks: { task: { call: 'proved', with: '${{ input.value }}' } },
};
const MOST_POINTS = 40;
// Taken when this loads: test runners replace them to make time stand still.
const { setTimeout, clearTimeout, setImmediate } = globalThis;

/**
 * Tries whether a handler may be repeated: it is killed, put to sleep and delivered again at every place where it deals with the world
 * outside, and what happens there must be what happens when nothing disturbs it.
 * @throws TesterError for a handler that fails undisturbed, does nothing that is watched, or takes too long
 */
export async function proveIdempotent<Clients extends Watched>(
  handler: ProvedHandler<Clients>,
  options: ProofOptions<Clients>,
): Promise<Proof> {
  let isOver = false;
  const timer = setTimeout(
    () => {
      isOver = true;
    },
    durationMs(options.limit ?? '30s'),
  );
  try {
    const once = await playScenario(handler, options, UNDISTURBED);
    const scenarios = scenariosOf(pointsOf(once));
    const problems: Problem[] = [];
    const inDoubt: Doubt[] = [];
    for (const [index, scenario] of scenarios.entries()) {
      // Where nothing waits, no timer would ever ring.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isOver)
        throw new TesterError(
          'NO_END',
          `${index} of ${scenarios.length} scenarios took all of the time; give more: { limit: '2m' }`,
        );
      const played = await playScenario(handler, options, scenario);
      const doubt = doubtOf(played, scenario);
      if (doubt !== null) inDoubt.push(doubt);
      problems.push(...problemsOf(once, played, scenario, doubt !== null));
    }
    return new Proof(
      problems,
      [UNDISTURBED, ...scenarios].map(({ name }) => name),
      inDoubt,
    );
  } finally {
    clearTimeout(timer);
  }
}

async function playScenario<Clients extends Watched>(
  handler: ProvedHandler<Clients>,
  { input = null, world: makeWorld, query, patience = '4s', limit: _, ...declared }: ProofOptions<Clients>,
  scenario: Scenario,
): Promise<Played> {
  const clients = makeWorld();
  const { world } = clients;
  if (used.has(world))
    throw new TesterError('NOT_GIVEN', 'each scenario needs a world of its own: make it in the function, with outsideWorld()');
  used.add(world);
  const performance = new Performance((given, attempt) => handler(given, attempt, clients), scenario);
  const definition = defineHandler('proved', declared, () => null);
  const mock = { proved: (given: Given, attempt: Parameters<Performance['play']>[1]) => performance.play(given, attempt) };
  const gifts = { handlers: [definition, mock], patience, ...(query === undefined ? {} : { query }) };
  const run = await testWorkflow(DOCUMENT, gifts).run({ value: input });
  // One that slept through it all wakes now, and nothing it does is heard.
  await performance.over(durationMs(patience));
  return { run, deeds: world.deeds, points: performance.points };
}

function pointsOf({ run, points }: Played): readonly string[] {
  const { status, error } = run.task('task');
  if (status !== 'succeeded')
    throw new TesterError(
      'WRONG_STATE',
      `the handler does not succeed when nothing disturbs it: it is ${status} with ${error?.code}, ${error?.message}`,
    );
  if (points.length === 0)
    throw new TesterError(
      'NOT_GIVEN',
      "the handler does nothing outside that could be seen; give it what the world watches: world.watch('provider', fakeProvider())",
    );
  if (points.length > MOST_POINTS)
    throw new TesterError(
      'NO_END',
      `the handler does ${points.length} things outside, ${MOST_POINTS} at most; give it a smaller input`,
    );
  return points;
}

function doubtOf({ run }: Played, { name }: Scenario): Doubt | null {
  const { status, error } = run.task('task');
  if (status !== 'parked' && error?.code !== 'IN_DOUBT') return null;
  return { scenario: name, code: error?.code ?? 'PARKED', message: error?.message ?? '' };
}

function problemsOf(once: Played, { run, deeds }: Played, { name: scenario }: Scenario, isInDoubt: boolean): readonly Problem[] {
  const [normal, now] = [timesOf(once.deeds, 'identity'), timesOf(deeds, 'identity')];
  const say = (action: string | null, times: number, what: string): Problem => ({
    scenario,
    action,
    times,
    sentence: `${action ?? 'the task'} ${what} when ${scenario}`,
  });
  const task = run.task('task');
  const hasFailed = task.status !== 'succeeded' && !isInDoubt;
  const failed = hasFailed ? [say(null, 0, `is ${task.status} with ${task.error?.code}, ${task.error?.message},`)] : [];
  const found = [...normal].flatMap(([action, expected]) => {
    const times = now.get(action) ?? 0;
    return times > expected ? [say(action, times, `happens ${often(times)} and not ${often(expected)}`)] : [];
  });
  const methods = new Set([...once.deeds, ...deeds].map(({ method }) => method));
  const [usual, total] = [timesOf(once.deeds, 'method'), timesOf(deeds, 'method')];
  const others = [...methods].flatMap((method) => {
    const [expected, times] = [usual.get(method) ?? 0, total.get(method) ?? 0];
    if (times > expected && !found.some(({ action }) => action?.startsWith(`${method}(`)))
      return [say(method, times, `happens ${often(times)} and not ${often(expected)}, each time with something else,`)];
    const isMissing = times < expected && task.status === 'succeeded';
    return isMissing
      ? [say(method, times, `happens ${often(times)} and not ${often(expected)}, and yet the task succeeds,`)]
      : [];
  });
  return [...failed, ...found, ...others];
}

const often = (times: number): string => ['never', 'once', 'twice'][times] ?? `${times} times`;

function timesOf(deeds: readonly Deed[], by: keyof Deed): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const deed of deeds) times.set(deed[by], (times.get(deed[by]) ?? 0) + 1);
  return times;
}
