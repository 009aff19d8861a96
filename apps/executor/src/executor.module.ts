import { Module } from '@nestjs/common';
import { type BrokerConnection, BrokerError, Publisher } from '@reprise/broker';
import { UserSql } from '@reprise/ledger';
import { type RunningService, runService, type ServiceContext } from '@reprise/service';
import { type HandlerDefinition, startEmbeddedExecutor } from '@reprise/worker';
import { builtInHandlers } from './handlers/index.js';

/** The executor serves health and metrics only; its work comes from the broker. */
@Module({})
export class ExecutorModule {}

/** Further executors on one machine take the next free port. */
const FURTHER_PORTS = 100;

/** Starts a doer with these handlers besides the built-in ones. */
export async function startExecutor(
  context: ServiceContext,
  handlers: readonly HandlerDefinition[] = [],
): Promise<RunningService> {
  const { queues, concurrency } = context.settings;
  return runService({
    context,
    module: ExecutorModule,
    furtherPorts: FURTHER_PORTS,
    connect: async () => {
      const made = (connection: BrokerConnection) => [...builtIn(context, connection), ...handlers];
      await startEmbeddedExecutor(context, { handlers: made, queues, concurrency });
    },
  });
}

function builtIn({ settings, logger, drain }: ServiceContext, connection: BrokerConnection): readonly HandlerDefinition[] {
  // Users name exchanges that may not exist, which ends a channel: theirs is not the engine's.
  const publisher = new Publisher(connection, { logger });
  drain.onDrain('close channels', 'publish tasks', () => publisher.close());
  const databases = new UserSql({ connections: settings.connections });
  drain.onDrain('close pools', 'users’ databases', () => databases.close());
  const { limits, prefix } = settings;
  const publish: Parameters<typeof builtInHandlers>[0]['publish'] = async (message) => {
    const [outcome] = await publisher.publish([message]);
    return outcome ?? { kind: 'failed', cause: new BrokerError('CLOSED', 'the publisher was closed') };
  };
  return builtInHandlers({ limits, databases, prefix, publish });
}
