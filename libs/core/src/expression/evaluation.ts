import type { Json } from '../json.js';
import { BudgetExceeded } from './expression-error.js';
import { OutputMeter } from './output-meter.js';
import { toJson, type Value } from './value.js';

export interface Budget {
  /** Nodes evaluated plus work done inside functions; default 100,000. */
  readonly maxSteps: number;
  /** Of the result as JSON text in UTF-8; default 1 MiB. */
  readonly maxOutputBytes: number;
  /** Containers inside each other in the result; default 64. */
  readonly maxDepth: number;
}

export const DEFAULT_BUDGET: Budget = { maxSteps: 100_000, maxOutputBytes: 1_048_576, maxDepth: 64 };

/** One evaluation under way: its data, its loop variables, what it may still spend. */
export class Evaluation {
  /** Loop variables, the outermost first. */
  readonly locals: Value[] = [];
  private readonly budget: Budget;
  private readonly output: OutputMeter;
  private stepsLeft: number;

  constructor(
    readonly variables: Readonly<Record<string, unknown>>,
    budget: Partial<Budget> | undefined,
  ) {
    this.budget = budget === undefined ? DEFAULT_BUDGET : { ...DEFAULT_BUDGET, ...budget };
    this.output = new OutputMeter(this.budget.maxOutputBytes, this.budget.maxDepth);
    this.stepsLeft = this.budget.maxSteps;
  }

  spend(steps: number): void {
    this.stepsLeft -= steps;
    if (this.stepsLeft < 0) throw new BudgetExceeded(`it takes more than ${this.budget.maxSteps} steps`);
  }

  /** Reading or making text: 64 characters a step. */
  spendText(length: number): void {
    if (length > 64) this.spend(length >> 6);
  }

  /** Passing over a list in a function: 8 items a step. */
  spendItems(count: number): void {
    if (count > 8) this.spend(count >> 3);
  }

  /** Bytes of a value as JSON; throws BudgetExceeded when no result could be so large. */
  measure(value: Value): number {
    const meter = new OutputMeter(this.budget.maxOutputBytes, this.budget.maxDepth);
    meter.add(value, 0);
    return meter.bytes;
  }

  /** A value as (part of) the result, `depth` containers down: takes its size out of the budget. */
  emit(value: Value, depth: number): Json {
    return this.output.add(value, depth) ? toJson(value) : (value as Json);
  }
}
