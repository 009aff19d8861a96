import { expect, test } from '@jest/globals';
import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createServiceContext, type Logger, readSettings, silentLogger } from '@reprise/service';
import { TestBroker, TestDatabase } from '@reprise/testing';
import type { RepriseExecutorOptions } from '../executor-options.js';
import { RepriseExecutorModule } from '../reprise-executor.module.js';
import { startEmbeddedExecutor } from '../start-embedded-executor.js';
import { defineHandler } from './define-handler.js';
import { Handler } from './handler.js';

/** Nobody listens there: whoever gets as far as the backends waits for them, and these tests would not end. */
const NOWHERE = { DATABASE_URL: 'postgresql://127.0.0.1:1/x', AMQP_URL: 'amqp://127.0.0.1:1', REPRISE_LOG_LEVEL: 'error' };

@Injectable()
class Payments {
  @Handler('shop.pay')
  pay(): number {
    return 1;
  }
}

@Injectable()
class Billing {
  @Handler('shop.pay')
  charge(): number {
    return 2;
  }
}

@Controller()
class Pages {
  @Handler('shop.page')
  page(): number {
    return 3;
  }
}

const boot = async (metadata: object, options: RepriseExecutorOptions = {}): Promise<void> => {
  const module = { module: class Application {}, imports: [RepriseExecutorModule.forRoot({ environment: NOWHERE, ...options })] };
  const app = await NestFactory.createApplicationContext({ ...module, ...metadata }, { logger: false, abortOnError: false });
  await app.close();
};

test('two handlers of one name name both of their classes', async () => {
  await expect(boot({ providers: [Payments, Billing] })).rejects.toThrow(/"shop\.pay": (Payments\.pay|Billing\.charge) and /);
});

test('a class that two modules provide is told to be provided once', async () => {
  const part = { module: class Part {}, providers: [Payments] };
  const imports = [RepriseExecutorModule.forRoot({ environment: NOWHERE }), part];
  await expect(boot({ imports, providers: [Payments] })).rejects.toThrow(/Payments\.pay of two instances/);
});

test('a handler in a controller is an error: controllers are not looked through', async () => {
  await expect(boot({ controllers: [Pages] })).rejects.toThrow(/"shop\.page" is in the controller Pages/);
});

test('an option of the module that nobody reads is an error', async () => {
  await expect(boot({}, { concurency: 5 } as object)).rejects.toThrow(
    'RepriseExecutorModule has no option "concurency": did you mean "concurrency"?',
  );
});

test.each<[RepriseExecutorOptions, string]>([
  [{ concurrency: 0 }, 'concurrency must be a whole number from 1 to 10000, not 0'],
  [{ concurrency: Number.NaN }, 'concurrency must be a whole number from 1 to 10000, not NaN'],
  [{ concurrency: 2.5 }, 'concurrency must be a whole number from 1 to 10000, not 2.5'],
  [{ concurrency: '5' as unknown as number }, 'concurrency must be a whole number from 1 to 10000, not "5"'],
  [{ queues: [] }, 'queues is empty: name at least one, or leave it to REPRISE_QUEUES'],
  [{ queues: ['payments', 'a.b'] }, '"a.b" is no name of a queue: letters, digits, _ and -, 100 at most'],
  [{ queue: '' }, '"" is no name of a queue: letters, digits, _ and -, 100 at most'],
  [{ queue: 'a', queues: ['b'] }, 'give queue or queues, not both'],
])('an executor of %j would never work as meant, and does not start', async (options, message) => {
  await expect(boot({}, options)).rejects.toThrow(`RepriseExecutorModule: ${message}`);
});

test('a setting that cannot be read names its variable, given in code or not', async () => {
  await expect(boot({}, { environment: { ...NOWHERE, REPRISE_CONCURRENCY: 'many' } })).rejects.toThrow(/REPRISE_CONCURRENCY/);
});

test('what the factory asks for is injected, and an executor of its options starts and drains', async () => {
  const db = await TestDatabase.create();
  const broker = new TestBroker();
  @Injectable()
  class Configuration {
    readonly variables = {
      DATABASE_URL: db.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_LOG_LEVEL: 'error',
      REPRISE_WHEEL_LEVELS: '1',
    };
  }
  @Module({ providers: [Configuration], exports: [Configuration] })
  class ConfigurationModule {}
  @Injectable()
  class Shop extends Payments {
    constructor(@Inject(Configuration) readonly configuration: Configuration) {
      super();
    }
  }
  const executor = RepriseExecutorModule.forRootAsync({
    imports: [ConfigurationModule],
    inject: [Configuration],
    useFactory: async ({ variables }: Configuration) => ({ queue: 'async', concurrency: 3, environment: variables }),
  });
  const root = { module: class Application {}, imports: [executor, ConfigurationModule], providers: [Shop] };
  try {
    const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    const [member] = await db.query<{ info: object }>(`select info from reprise.member where service = 'executor'`);
    expect(member?.info).toMatchObject({ handlers: ['shop.pay'], concurrency: 3, queues: { async: {} } });
    await app.close();
    expect(await db.query('select id from reprise.member')).toEqual([]);
  } finally {
    await broker.end(['async']);
    await db.end();
  }
});

test('an executor without a handler starts, with a warning that says why', async () => {
  const db = await TestDatabase.create();
  const broker = new TestBroker();
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_fields: unknown, message?: string) => void warnings.push(message ?? '') };
  const start = async (allowed: string, handlers: Parameters<typeof startEmbeddedExecutor>[1]['handlers']) => {
    const variables = { DATABASE_URL: db.url, AMQP_URL: broker.url, REPRISE_PREFIX: broker.prefix, REPRISE_WHEEL_LEVELS: '1' };
    const settings = readSettings({ ...variables, REPRISE_HANDLERS: allowed }, 'executor');
    const context = createServiceContext('executor', settings, { logger });
    await (await startEmbeddedExecutor(context, { handlers, queues: ['none'], concurrency: 1 })).close();
  };
  try {
    await start('', [defineHandler('shop.pay', {}, () => 1)]);
    expect(warnings).toEqual([]);
    await start('', []);
    await start('other.*', [defineHandler('shop.pay', {}, () => 1)]);
    expect(warnings).toEqual([
      expect.stringMatching(/no handler: no provider has a method with @Handler/),
      expect.stringMatching(/REPRISE_HANDLERS leaves out all it has \(shop\.pay\)/),
    ]);
  } finally {
    await broker.end(['none']);
    await db.end();
  }
});
