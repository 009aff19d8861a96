import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import type { BrokerConnection } from './broker-connection.js';
import { ControlChannel } from './control-channel.js';
import type { Delivery } from './delivery.js';

let broker: BrokerUnderTest;
let connection: BrokerConnection;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  connection = await broker.connected();
});
afterEach(() => broker.end());

function control(onHint: (hint: Delivery) => void): ControlChannel {
  const made = new ControlChannel(connection, { publisher: broker.publisher(connection), logger: broker.logger, onHint });
  broker.onEnd(() => made.stop());
  return made;
}

describe('control hints', () => {
  test('reach every process, the sender too', async () => {
    const first = new Collected<Delivery>();
    const second = new Collected<Delivery>();
    const sender = control(first.add);
    await Promise.all([sender.start(), control(second.add).start()]);
    await sender.publish({ body: '{"run":"r1"}', type: 'cancel' });
    for (const heard of [first, second]) expect((await heard.atLeast(1))[0]).toMatchObject({ properties: { type: 'cancel' } });
  });

  test('may find nobody listening', async () => {
    await control(() => {}).publish({ body: '{}' });
  });

  test('are heard again after the line was cut', async () => {
    const heard = new Collected<Delivery>();
    const channel = control(heard.add);
    await channel.start();
    const recovered = once(connection, 'recovered');
    broker.proxy.cut();
    await recovered;
    const heardAgain = async () => {
      await channel.publish({ body: '{}' });
      return heard.all.length > 0;
    };
    await eventually(heardAgain, { what: 'a hint to be heard again' });
  });

  test('that are not understood disturb nobody', async () => {
    const heard = new Collected<string>();
    const channel = control(({ body }) => {
      heard.add(body.toString());
      if (body.toString() === 'bad') throw new Error('what?');
    });
    await channel.start();
    await channel.publish({ body: 'bad' });
    await channel.publish({ body: 'good' });
    expect(await heard.atLeast(2)).toEqual(['bad', 'good']);
  });
});
