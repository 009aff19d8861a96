import { RE2JS, RE2JSException } from 're2js';
import { BudgetExceeded, only, Refusal } from './expression-error.js';

const MAX_LENGTH = 1000;
/** Compiling takes time and memory by size: `(.{100}){10}` is a thousand states. */
const MAX_SIZE = 5000;
const MAX_CACHED = 256;
/** Oldest first. Patterns may come from data, so the cache must not grow with them. */
const compiled = new Map<string, RE2JS>();

/** RE2: no backreferences, no lookaround, time linear in the text. */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > MAX_LENGTH) throw new Refusal(`the pattern is longer than ${MAX_LENGTH} characters`);
  if (estimateSize(pattern) > MAX_SIZE) throw new Refusal('the pattern is too large: its repetitions multiply');
  const fresh = compile(pattern);
  // The estimate was fooled. Not a Refusal: absorbed in a loop, it would be paid for again and again.
  if (fresh.programSize() > 2 * MAX_SIZE) throw new BudgetExceeded('a pattern is too large');
  if (compiled.size >= MAX_CACHED) for (const oldest of [...compiled.keys()].slice(0, MAX_CACHED / 2)) compiled.delete(oldest);
  compiled.set(pattern, fresh);
  return fresh;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const { message } = only(RE2JSException, error);
    throw new Refusal(`${JSON.stringify(pattern.slice(0, 60))} is no pattern in RE2 syntax: ${message.slice(0, 160)}`);
  }
}

const TOKEN = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gsu;

/** States that the pattern expands to, roughly: what counts is what `{n,m}` multiplies. */
function estimateSize(pattern: string): number {
  const outer: number[] = [];
  let group = 0;
  let atom = 0;
  for (const [token] of pattern.matchAll(TOKEN)) {
    const repeat = /^\{(\d+),?(\d*)\}$/.exec(token);
    if (repeat !== null) {
      const times = Math.max(Number(repeat[1]), Number(repeat[2]), 1);
      group += atom * (times - 1);
      atom *= times;
    } else if (token === '(') {
      outer.push(group);
      group = 0;
    } else if (token === ')') {
      atom = group + 2;
      group = (outer.pop() ?? 0) + atom;
    } else {
      atom = 1;
      group += 1;
    }
  }
  return group;
}
