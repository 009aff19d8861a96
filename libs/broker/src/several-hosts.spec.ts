import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AMQP_URL, BrokerUnderTest } from '../test/broker-under-test.js';
import { BrokerError } from './broker-error.js';
import { brokerUrls } from './broker-urls.js';

let broker: BrokerUnderTest;
beforeEach(() => {
  broker = new BrokerUnderTest();
});
afterEach(() => broker.end());

/** The wire first, the broker itself second. */
function cluster(): string {
  const { username, password, host, pathname } = new URL(AMQP_URL);
  return `amqp://${username}:${password}@127.0.0.1:${broker.proxy.port},${host}${pathname}`;
}
const connectedTo = (): unknown[] =>
  broker.log.all.flatMap(({ message, details }) => (message === 'connected to RabbitMQ' ? [details.broker] : []));

describe('a connection with several hosts', () => {
  test('takes the next one when the first does not answer at the start', async () => {
    await broker.proxy.up();
    const url = cluster();
    await broker.proxy.down();
    const connection = broker.connection({ url });
    await connection.start();
    expect(connectedTo()).toEqual([`amqp://${new URL(AMQP_URL).host}`, `amqp://${new URL(AMQP_URL).host}`]);
  });

  test('goes over to the next one when its own is lost, and says so', async () => {
    await broker.proxy.up();
    const connection = broker.connection({ url: cluster() });
    await connection.start();
    expect(connectedTo()).toEqual(Array(2).fill(`amqp://127.0.0.1:${broker.proxy.port}`));
    const recovered = once(connection, 'recovered');
    await broker.proxy.down();
    await recovered;
    expect(connection.state()).toEqual({ kind: 'connected' });
    expect(connectedTo().slice(2)).toEqual(Array(2).fill(`amqp://${new URL(AMQP_URL).host}`));
  });
});

describe('the URL of several hosts', () => {
  test('is one URL for each, with the login, the virtual host and the options of all', () => {
    expect(brokerUrls('amqps://u:p%2C,w@one:5671,two,three:9/flows?heartbeat=3', 10)).toEqual([
      'amqps://u:p%2C,w@one:5671/flows?heartbeat=3',
      'amqps://u:p%2C,w@two/flows?heartbeat=3',
      'amqps://u:p%2C,w@three:9/flows?heartbeat=3',
    ]);
    expect(brokerUrls('amqp://one', 10)).toEqual(['amqp://one?heartbeat=10']);
  });

  test('is refused without showing the password', () => {
    for (const wrong of ['http://u:secret@one', 'amqp://u:secret@one,', 'amqp://u:secret@one:x', 'u:secret@one']) {
      expect(() => brokerUrls(wrong, 10)).toThrow(BrokerError);
      expect(() => brokerUrls(wrong, 10)).not.toThrow('secret');
    }
  });
});
