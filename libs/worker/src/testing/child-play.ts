import { checkInput, type Json, type TaskError as RunError, type Workflow } from '@reprise/core';
import { failureOf } from '../attempt/failure.js';
import type { ChildFate, SimulatedChild } from './interpreter/index.js';
import { readDocument } from './read-document.js';
import { TesterError } from './tester-error.js';
import { durationMs } from './virtual-time.js';

/** What a mock of a child run is told. */
export interface MockChild {
  /** The task that waits for it: `page[3].ship`. */
  readonly task: string;
  readonly workflow: string;
  readonly version: string | null;
  /** It ends so long after it was started. */
  takes(duration: string): void;
}

type Given = ReturnType<JSON['parse']>;

/** Plays a child run: gives its output, or throws what it fails with. */
export type ChildMock = (input: Given, child: MockChild) => unknown;

/** By the task's path or the workflow's name: its document, or a mock. */
export type Children = Readonly<Record<string, string | object | ChildMock>>;

/** What is to become of a child run. */
export type ChildPlan =
  | { readonly kind: 'runs'; readonly workflow: Workflow; readonly input: Json }
  | { readonly kind: 'ends'; readonly fate: ChildFate };

const MOST_DEPTH = 16;
const TAKES_MS = 10;

/** The workflows that documents start as children. */
export class ChildPlay {
  private readonly documents = new Map<string, Workflow>();
  private readonly mocks = new Map<string, ChildMock>();

  constructor(children: Children) {
    for (const [name, given] of Object.entries(children)) {
      if (typeof given === 'function') this.mocks.set(name, given as ChildMock);
      else this.documents.set(name, readDocument(given).workflow);
    }
  }

  get workflows(): readonly Workflow[] {
    return [...this.documents.values()];
  }

  plan(child: SimulatedChild, depth: number): ChildPlan {
    const names = [child.path, ...(child.version === null ? [] : [`${child.workflow}@${child.version}`]), child.workflow];
    for (const name of names) {
      const mock = this.mocks.get(name);
      if (mock !== undefined) return { kind: 'ends', fate: playMock(mock, child) };
      const workflow = this.documents.get(name);
      if (workflow !== undefined) return planRun(workflow, child, depth);
    }
    const message = `task "${child.path}" starts the workflow "${child.workflow}", which this test does not have; give it its document or a mock: { children: { '${child.workflow}': (input) => ({ … }) } }`;
    throw new TesterError('NOT_GIVEN', message);
  }
}

function planRun(workflow: Workflow, { input }: SimulatedChild, depth: number): ChildPlan {
  const refuse = (code: string, message: string): ChildPlan => ({
    kind: 'ends',
    fate: { kind: 'refused', error: { code, message } },
  });
  if (depth > MOST_DEPTH) return refuse('TREE_TOO_DEEP', `a run cannot have more than ${MOST_DEPTH} parents above it`);
  const given = input ?? {};
  const problems = workflow.inputSchema === null ? [] : checkInput(workflow.inputSchema, given);
  const [problem] = problems;
  if (problem !== undefined) return refuse('INVALID_INPUT', `the input does not fit ${workflow.name}: ${problem.message}`);
  return { kind: 'runs', workflow, input: given };
}

function playMock(mock: ChildMock, { path, workflow, version, input }: SimulatedChild): ChildFate {
  let afterMs = TAKES_MS;
  const takes = (duration: string): void => {
    afterMs = durationMs(duration);
  };
  try {
    const output = mock(input, { task: path, workflow, version, takes });
    if (output instanceof Promise) {
      output.catch(() => undefined);
      throw new TesterError(
        'NOT_GIVEN',
        `the mock of "${workflow}" is asynchronous; give a function that is not, or the child's document`,
      );
    }
    return { kind: 'succeeds', output: jsonOf(output), afterMs };
  } catch (error) {
    if (error instanceof TesterError) throw error;
    return { kind: 'fails', error: runError(error), afterMs };
  }
}

const jsonOf = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null));

const runError = (thrown: unknown): RunError => failureOf(thrown, null).error;
