import { correlationKey, type Expression, ExpressionError, evaluate, parseExpression, topicMatches } from '@reprise/core';
import type { EventKey, Interest } from '@reprise/ledger';
import { eventVariable, type TriggerEvent } from './trigger-event.js';

interface Awaited {
  readonly id: string;
  readonly pattern: string;
  readonly match: Expression;
}

const isWildcard = (pattern: string): boolean => /[*#]/.test(pattern);

/** What runs of any workflow may wait for, compiled. Most patterns are plain types: those cost an event one look-up, however many there are. */
export class Interests {
  private readonly byType = new Map<string, Awaited[]>();
  private readonly wildcards: readonly Awaited[];

  constructor(interests: readonly Interest[]) {
    const compiled = interests.map(({ id, pattern, match }) => ({ id, pattern, match: parseExpression(match) }));
    this.wildcards = compiled.filter(({ pattern }) => isWildcard(pattern));
    for (const interest of compiled) {
      if (isWildcard(interest.pattern)) continue;
      const known = this.byType.get(interest.pattern);
      if (known === undefined) this.byType.set(interest.pattern, [interest]);
      else known.push(interest);
    }
  }

  /** What each of them makes of an event. One whose `match` gives no key, or cannot be evaluated, is not about this event. */
  keysOf(event: TriggerEvent): readonly EventKey[] {
    if (event.type.startsWith('run.start.')) return [];
    const exact = this.byType.get(event.type) ?? [];
    const fitting = [...exact, ...this.wildcards.filter(({ pattern }) => topicMatches(pattern, event.type))];
    if (fitting.length === 0) return [];
    const variables = { event: eventVariable(event) };
    return fitting.flatMap(({ id, match }) => {
      const key = keyFrom(match, variables);
      return key === null ? [] : [{ interest: id, key }];
    });
  }
}

function keyFrom(match: Expression, variables: Parameters<typeof evaluate>[1]): string | null {
  try {
    return correlationKey(evaluate(match, variables));
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}
