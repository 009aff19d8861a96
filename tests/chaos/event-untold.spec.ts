import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation, requestTo } from '../system/installation.js';
import { SHORT_LEASE } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

// Nothing but this event goes through the trigger that dies: it dies of this event.
const reprise = await Installation.create({ lease: SHORT_LEASE });
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'an event whose trigger died before it could tell, and which nobody sends again, is not lost to the wait',
  async () => {
    await reprise.start('trigger', 'scheduler');
    await reprise.start('monitor');
    await reprise.register({
      workflow: 'pay',
      tasks: [{ id: 'paid', waitFor: { event: 'order.paid', match: 'event.data.order', key: 'input.order', window: '1h' } }],
    });
    const run = await reprise.startRun('pay', { order: 'untold' });
    await reprise.taskIs(run, 'paid', ['waiting'], PATIENCE_MS);
    await reprise.one('trigger').stop();
    const trigger = reprise.startOne('trigger', { restart: true, faults: ['trigger.after-commit:kill@1'] });
    await trigger.ready();
    const event = { specversion: '1.0', type: 'order.paid', source: 'chaos', id: 'untold', data: { order: 'untold' } };
    const asked = requestTo(trigger.url, 'POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' });
    await expect(asked).rejects.toThrow('was not answered');
    expect(await reprise.ended(run, PATIENCE_MS)).toMatchObject({ status: 'succeeded', tasks: [{ output: { id: 'untold' } }] });
    await eventually(() => trigger.deaths === 1, { what: 'its death is seen', timeoutMs: PATIENCE_MS });
  },
  TEST_WITHIN_MS,
);
