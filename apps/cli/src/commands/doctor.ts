import { UnreachableError } from '@reprise/client';
import type { DoctorReport } from '@reprise/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { doctorText } from '../doctor-text.js';
import { EXIT } from '../exit-code.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import type { Terminal } from '../terminal.js';

interface DoctorOptions extends CommonOptions {
  readonly strict?: boolean;
  readonly direct?: boolean;
}

export function addDoctorCommand(program: Command, context: CommandContext): void {
  withServer(
    program
      .command('doctor')
      .description('examine broker, database and services: what is wrong, what would come of it, how to mend it')
      .option('--strict', 'warnings count too')
      .option('--direct', 'look at DATABASE_URL and AMQP_URL from here, without a monitor')
      .addHelpText(
        'after',
        `
Exit code 1 when there is an error (with --strict also a warning), else 0. When the monitor does not answer and DATABASE_URL or
AMQP_URL is set, they are looked at from here.`,
      ),
  ).action((options: DoctorOptions) => examine(context, options));
}

async function examine({ terminal, exit }: CommandContext, options: DoctorOptions): Promise<void> {
  const report = options.direct === true ? await fromHere(terminal) : await fromMonitor(terminal, options);
  await show(terminal, options.output, report, () => doctorText(report));
  const failed = report.verdict === 'error' || (options.strict === true && report.verdict === 'warning');
  if (failed) exit(EXIT.error);
}

async function fromMonitor(terminal: Terminal, options: DoctorOptions): Promise<DoctorReport> {
  const client = await connect(options);
  try {
    return await client.doctor.examine();
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const given = await givenHere();
    if (!given.database && !given.broker) {
      terminal.say('With DATABASE_URL and AMQP_URL set, or with --direct, both are looked at from here.');
      throw error;
    }
    terminal.say(`${error.message}: looking from here`);
    const { examineHere } = await import('../examine-here.js');
    const silentMonitor = { url: client.url, reason: error.message };
    return examineHere({ ...given, silentMonitor, now: () => terminal.now() });
  }
}

/** What is set, or both at their defaults. */
async function fromHere(terminal: Terminal): Promise<DoctorReport> {
  const { examineHere } = await import('../examine-here.js');
  const given = await givenHere();
  const asked = given.database || given.broker ? given : { database: true, broker: true };
  return examineHere({ ...asked, now: () => terminal.now() });
}

async function givenHere(): Promise<{ readonly database: boolean; readonly broker: boolean }> {
  const { isGiven } = await import('@reprise/service/settings');
  return { database: isGiven('DATABASE_URL'), broker: isGiven('AMQP_URL') };
}
