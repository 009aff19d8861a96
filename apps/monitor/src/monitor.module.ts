import { type DynamicModule, Module } from '@nestjs/common';
import {
  ApprovalViews,
  AttemptLogStore,
  BatchStore,
  DeadLetterStore,
  DependencyStore,
  EventViews,
  MemberStore,
  RunViews,
  WorkflowStore,
} from '@reprise/ledger';
import { type RunningService, runService, type ServiceContext } from '@reprise/service';
import { AnswerApprovals } from './approvals/answer-approval.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { BatchesController } from './batches/batches.controller.js';
import { CreateBatch } from './batches/create-batch.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { RedriveLetter } from './dead-letters/redrive-letter.js';
import { DoctorController } from './doctor/doctor.controller.js';
import { ExamineInstallation } from './doctor/examine-installation.js';
import { CONSOLE_PATHS, ConsoleController } from './interface/console.controller.js';
import { InterfaceController } from './interface/interface.controller.js';
import { InterfaceDocuments } from './interface/interface-documents.js';
import { MonitorProcess } from './monitor-process.js';
import { DependenciesController } from './queues/dependencies.controller.js';
import { ListQueues } from './queues/list-queues.js';
import { OperationsController } from './queues/operations.controller.js';
import { PauseQueue } from './queues/pause-queue.js';
import { QueuesController } from './queues/queues.controller.js';
import { BROKER_NAMES } from './requests/broker-names.token.js';
import { ForwardController } from './requests/forward.controller.js';
import { ForwardToTrigger } from './requests/forward-to-trigger.js';
import { AttemptLogsController } from './runs/attempt-logs.controller.js';
import { CommandRun } from './runs/command-run.js';
import { RetryRun } from './runs/retry-run.js';
import { RunCommandsController } from './runs/run-commands.controller.js';
import { RunEventsController } from './runs/run-events.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { SendEvent } from './runs/send-event.js';
import { TaskCommandsController } from './runs/task-commands.controller.js';
import { WorkflowsController } from './runs/workflows.controller.js';
import { SimulateRetry } from './simulations/simulate-retry.js';
import { SimulationsController } from './simulations/simulations.controller.js';
import { DRAINING } from './stream/draining.token.js';
import { RunStream } from './stream/run-stream.js';
import { StreamController } from './stream/stream.controller.js';

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
        DependenciesController,
        DoctorController,
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
        { provide: DeadLetterStore, useValue: monitor.letters.store },
        { provide: RedriveLetter, useValue: monitor.letters.redriveLetter },
        { provide: BROKER_NAMES, useValue: monitor.names },
        { provide: MemberStore, useValue: monitor.members },
        { provide: ListQueues, useValue: monitor.queues },
        { provide: DependencyStore, useValue: monitor.dependencies },
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
        { provide: ExamineInstallation, useValue: monitor.doctor },
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
    pages: CONSOLE_PATHS,
    connect: (_app, signal) => monitor.start(signal),
    ...(extra.supervised === undefined ? {} : { supervised: extra.supervised }),
  });
}
