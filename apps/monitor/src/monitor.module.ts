import { type DynamicModule, Module } from '@nestjs/common';
import {
  ApprovalViews,
  AttemptLogStore,
  BatchStore,
  DeadLetterStore,
  EventViews,
  MemberStore,
  RunViews,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { type RunningService, runService, type ServiceContext } from '@reprise/service';
import { AnswerApprovals } from './answer-approval.js';
import { ApprovalsController } from './approvals.controller.js';
import { AttemptLogsController } from './attempt-logs.controller.js';
import { BatchesController } from './batches.controller.js';
import { BROKER_NAMES } from './broker-names.token.js';
import { CommandRun } from './command-run.js';
import { ConsoleController } from './console.controller.js';
import { CreateBatch } from './create-batch.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { ForwardController } from './forward.controller.js';
import { ForwardToTrigger } from './forward-to-trigger.js';
import { InterfaceController } from './interface.controller.js';
import { InterfaceDocuments } from './interface-documents.js';
import { ListQueues } from './list-queues.js';
import { MonitorProcess } from './monitor-process.js';
import { OperationsController } from './operations.controller.js';
import { PauseQueue } from './pause-queue.js';
import { QueuesController } from './queues.controller.js';
import { RedriveLetter } from './redrive-letter.js';
import { RetryRun } from './retry-run.js';
import { RunCommandsController } from './run-commands.controller.js';
import { RunEventsController } from './run-events.controller.js';
import { RunsController } from './runs.controller.js';
import { SendEvent } from './send-event.js';
import { SimulateRetry } from './simulate-retry.js';
import { SimulationsController } from './simulations.controller.js';
import { DRAINING } from './stream/draining.token.js';
import { RunStream } from './stream/run-stream.js';
import { StreamController } from './stream/stream.controller.js';
import { TaskCommandsController } from './task-commands.controller.js';
import { WorkflowsController } from './workflows.controller.js';

@Module({})
export class MonitorModule {
  static forRoot(monitor: MonitorProcess, documents: InterfaceDocuments): DynamicModule {
    return {
      module: MonitorModule,
      controllers: [
        RunsController,
        RunEventsController,
        RunCommandsController,
        TaskCommandsController,
        AttemptLogsController,
        ApprovalsController,
        BatchesController,
        SimulationsController,
        WorkflowsController,
        OperationsController,
        DeadLettersController,
        QueuesController,
        ForwardController,
        ConsoleController,
        InterfaceController,
        StreamController,
      ],
      providers: [
        { provide: RunViews, useValue: monitor.views },
        { provide: SendEvent, useValue: monitor.sendEvent },
        { provide: EventViews, useValue: monitor.events },
        { provide: WorkflowStore, useValue: monitor.workflows },
        { provide: WorkflowCache, useValue: monitor.compiled },
        { provide: DeadLetterStore, useValue: monitor.letters.store },
        { provide: RedriveLetter, useValue: monitor.letters.redriveLetter },
        { provide: BROKER_NAMES, useValue: monitor.names },
        { provide: MemberStore, useValue: monitor.members },
        { provide: ListQueues, useValue: monitor.queues },
        { provide: PauseQueue, useValue: monitor.pauseQueue },
        { provide: AttemptLogStore, useValue: monitor.logs },
        { provide: ApprovalViews, useValue: monitor.approvals },
        { provide: AnswerApprovals, useValue: monitor.answers },
        { provide: InterfaceDocuments, useValue: documents },
        { provide: BatchStore, useValue: monitor.batches },
        { provide: CreateBatch, useValue: monitor.createBatch },
        { provide: CommandRun, useValue: monitor.commandRun },
        { provide: RetryRun, useValue: monitor.retryRun },
        { provide: RunStream, useValue: monitor.stream },
        { provide: DRAINING, useValue: monitor.draining },
        { provide: SimulateRetry, useValue: monitor.simulateRetry },
        { provide: ForwardToTrigger, useValue: monitor.forward },
      ],
    };
  }
}

export interface MonitorExtra {
  /** Where the trigger listens, asked at every request; default: the setting. */
  readonly triggerUrl?: () => string;
  /** Whether SIGTERM and SIGINT drain it; default true. */
  readonly supervised?: boolean;
}

/** Starts the watcher and front door. */
export async function startMonitor(context: ServiceContext, extra: MonitorExtra = {}): Promise<RunningService> {
  const monitor = new MonitorProcess(context, extra.triggerUrl ?? (() => context.settings.triggerUrl));
  return runService({
    context,
    module: MonitorModule.forRoot(monitor, new InterfaceDocuments(context.settings.prefix)),
    connect: (_app, signal) => monitor.start(signal),
    ...(extra.supervised === undefined ? {} : { supervised: extra.supervised }),
  });
}
