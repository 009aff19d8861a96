import {
  type Fates,
  Interpreter,
  type InterpreterOptions,
  ORDERLY,
  type SimulatedPeople,
  type SimulatedRequest,
} from '@reprise/testing';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const START = Date.UTC(2026, 0, 1);

export const document = (approval: string, more = ''): string => `
workflow: ask
tasks:
  ask: { approval: { ${approval} } ${more} }
  go: { needs: [ask], if: tasks.ask.output.decision == 'approved', call: shop.go }
`;

export const run = (approval: string, options: InterpreterOptions = {}, more = '') =>
  Interpreter.of(document(approval, more), { input: { who: ['Anna', 'bob'], by: 'carla' }, ...options }).toRest();

/** Somebody answers the first time they are told. */
export const says =
  (...answers: ReturnType<SimulatedPeople>): SimulatedPeople =>
  ({ told }) =>
    told === 'requested' ? answers : [];

export const yes = (by: string, afterMs = 1_000) => ({ by, decision: 'approved', afterMs }) as const;
export const no = (by: string, afterMs = 1_000) => ({ by, decision: 'rejected', afterMs }) as const;

/** Loses one message, counted from 0: a start's announcement is the first, then come alarms and answers. */
export function losing(number: number): Fates {
  let sent = 0;
  return { ...ORDERLY, message: () => (sent++ === number ? 'lost' : 'once') };
}

/** What people were told, and when. */
export function listening(people: SimulatedPeople = () => []): {
  readonly heard: SimulatedRequest[];
  readonly people: SimulatedPeople;
} {
  const heard: SimulatedRequest[] = [];
  const listen: SimulatedPeople = (request) => {
    heard.push(request);
    return people(request);
  };
  return { heard, people: listen };
}
