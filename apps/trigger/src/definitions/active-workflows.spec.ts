import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Interest, Session, StoredVersion } from '@reprise/ledger';
import { WorkflowStore } from '@reprise/ledger';
import { registerWorkflow, TestDatabase } from '@reprise/testing';
import type { TriggerEvent } from '../events/trigger-event.js';
import { ActiveWorkflows } from './active-workflows.js';

let db: TestDatabase;
let store: HeldStore;
let active: ActiveWorkflows;

beforeEach(async () => {
  db = await TestDatabase.create(2);
  store = new HeldStore(db.database);
  active = new ActiveWorkflows(store);
});
afterEach(() => db.end());

/** An answer that has been read, and is handed out when the test says so. */
class Hold {
  private hasRead: () => void = () => undefined;
  letGo: () => void = () => undefined;
  readonly read = new Promise<void>((resolve) => {
    this.hasRead = resolve;
  });
  private readonly released = new Promise<void>((resolve) => {
    this.letGo = resolve;
  });

  async until<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const read = await answer;
    this.hasRead();
    await this.released;
    return read;
  }
}

/** The next answer of each kind can be held up on its way. */
class HeldStore extends WorkflowStore {
  private readonly holds = new Map<'current' | 'interests', Hold>();

  hold(what: 'current' | 'interests'): Hold {
    const hold = new Hold();
    this.holds.set(what, hold);
    return hold;
  }
  override current(session?: Session): Promise<readonly StoredVersion[]> {
    return this.held('current', super.current(session));
  }
  override interests(session?: Session): Promise<readonly Interest[]> {
    return this.held('interests', super.interests(session));
  }
  private held<Answer>(what: 'current' | 'interests', answer: Promise<Answer>): Promise<Answer> {
    const hold = this.holds.get(what);
    this.holds.delete(what);
    return hold === undefined ? answer : hold.until(answer);
  }
}

const register = (name: string) =>
  registerWorkflow(
    db.database,
    `workflow: ${name}\ntasks: { a: { waitFor: { event: ${name}.paid, match: event.data.id, key: input.id } } }`,
  );
const event = (type: string): TriggerEvent => ({
  source: 'shop',
  id: 'e',
  type,
  subject: null,
  time: null,
  data: { id: 1 },
  extensions: {},
  anonymous: false,
});
const namesOf = (workflows: ReadonlyMap<string, unknown>) => [...workflows.keys()].sort();

test('what was read before a registration is never taken for what is there after it, in whichever order answers come', async () => {
  await register('old');
  const earlier = store.hold('current');
  const asked = active.refresh();
  await earlier.read;
  await register('new');
  const later = store.hold('interests');
  const askedAfter = active.refresh();
  await later.read;
  earlier.letGo();
  await asked;
  later.letGo();
  expect(namesOf(await askedAfter)).toEqual(['new', 'old']);
  expect(namesOf(await active.refresh())).toEqual(['new', 'old']);
});

test('what one has heard that runs wait for is not forgotten for an answer that is older', async () => {
  await register('old');
  const earlier = store.hold('interests');
  const asked = active.refresh();
  await earlier.read;
  await register('new');
  await active.refresh();
  earlier.letGo();
  await asked;
  expect(active.interests.keysOf(event('new.paid'))).toHaveLength(1);
  expect(namesOf(await active.refresh())).toEqual(['new', 'old']);
});
