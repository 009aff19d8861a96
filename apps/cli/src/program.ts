import { Command } from 'commander';
import { addApprovalCommands } from './commands/approval.js';
import { addBatchCommands } from './commands/batch.js';
import { addDeadLetterCommands } from './commands/dead-letter.js';
import { addDependencyCommands } from './commands/dependency.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEventCommands } from './commands/event.js';
import { addExecutorCommands } from './commands/executor.js';
import { addQueueCommands } from './commands/queue.js';
import { addRunCommands } from './commands/run.js';
import { addScheduleCommands } from './commands/schedule.js';
import { addSimulateCommands } from './commands/simulate.js';
import { addValidateCommand } from './commands/validate.js';
import { addWorkflowCommands } from './commands/workflow.js';
import type { ExitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

export function buildProgram(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  const program = new Command('reprise')
    .description('Workflows that can be repeated and retried safely.')
    .version('0.1.0')
    .exitOverride()
    // Else `run start --version 1.2.0` would be taken for the program's own --version.
    .enablePositionalOptions()
    .showHelpAfterError('(--help tells more)')
    .configureOutput({ writeOut: (text) => terminal.write(text), writeErr: (text) => terminal.say(text.trimEnd()) })
    .addHelpText(
      'after',
      `
Data goes to stdout, the rest to stderr. Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 not allowed,
5 conflict, 6 wait timed out, 7 unreachable, 10 run failed, 11 run cancelled, 130 interrupted.`,
    );
  const context = { terminal, exit };
  addWorkflowCommands(program, context);
  addRunCommands(program, context);
  addEventCommands(program, context);
  addApprovalCommands(program, context);
  addBatchCommands(program, context);
  addDeadLetterCommands(program, context);
  addQueueCommands(program, context);
  addDependencyCommands(program, context);
  addExecutorCommands(program, context);
  addScheduleCommands(program, context);
  addSimulateCommands(program, context);
  addValidateCommand(program, context);
  addDoctorCommand(program, context);
  return program;
}
