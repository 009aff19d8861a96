import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freshScope, hasEnded, isSettled, type MemberState, memberState, withMember } from './scope.js';

const letters = fc.array(fc.constantFrom<MemberState>('.', 'o', 's', 'f', 'c', 'k', 'x'), { maxLength: 50 });

describe('the text of a scope', () => {
  test('has a letter for each member, all pending at first', () => {
    expect(freshScope(3)).toBe('...');
    expect(isSettled(freshScope(0))).toBe(true);
  });

  test('keeps each letter where it was put, and the others as they were', () => {
    fc.assert(
      fc.property(letters, fc.nat(), (states, place) => {
        if (states.length === 0) return;
        const position = place % states.length;
        const text = withMember(states.join(''), position, 'k');
        expect([...text]).toEqual(states.with(position, 'k'));
        expect(memberState(text, position)).toBe('k');
      }),
    );
  });

  test('is settled when no member is pending or open', () => {
    fc.assert(fc.property(letters, (states) => expect(isSettled(states.join(''))).toBe(states.every(hasEnded))));
  });

  test('says pending of a member it does not have', () => {
    expect(memberState('', 3)).toBe('.');
  });
});
