import type { ApprovalView } from '@reprise/client';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { readJson } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';
import { between } from '../time-text.js';

interface ListOptions extends CommonOptions {
  readonly state: ApprovalView['state'] | 'all';
  readonly assignee?: string;
  readonly workflow?: string;
  readonly run?: string;
  readonly limit?: string;
}

interface AnswerOptions extends CommonOptions {
  readonly form?: string;
  readonly comment?: string;
}

export function addApprovalCommands(program: Command, context: CommandContext): void {
  const approval = program.command('approval').description('decide what workflows ask people');
  withServer(
    approval
      .command('list')
      .description('list what there is to decide, newest first')
      .addOption(
        new Option('--state <state>', 'those in this state')
          .choices(['open', 'decided', 'expired', 'closed', 'all'])
          .default('open'),
      )
      .option('--assignee <name>', 'those that this person may decide')
      .option('--workflow <name>', 'those of this workflow')
      .option('--run <id>', 'those of this run')
      .option('--limit <n>', 'how many, up to 500 (default: 50)'),
  ).action((options: ListOptions) => list(context, options));
  withServer(
    approval.command('show').description('show one, with what people have said').argument('<id>', 'of the approval'),
  ).action(async (id: string, options: CommonOptions) => {
    const found = await (await connect(options)).approvals.get(id);
    await show(context.terminal, options.output, found, () => page(found));
  });
  for (const [verb, decision] of [['approve', 'approved'] as const, ['reject', 'rejected'] as const]) {
    withServer(
      approval
        .command(verb)
        .description(`${verb} it, as whoever the token names`)
        .argument('<id>', 'of the approval')
        .option('--form <json>', 'what is asked for: JSON, or @FILE (@- is stdin)')
        .option('--comment <text>', 'why'),
    ).action((id: string, options: AnswerOptions) => answer(context, id, decision, options));
  }
}

async function list({ terminal }: CommandContext, options: ListOptions): Promise<void> {
  const { state, assignee, workflow, run, limit } = options;
  const client = await connect(options);
  const found = await client.approvals.list({
    ...(state === 'all' ? {} : { state }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(run === undefined ? {} : { run }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  });
  const now = terminal.now();
  await show(terminal, options.output, found, () =>
    table(
      ['ID', 'WORKFLOW', 'TASK', 'SUBJECT', 'WHO', 'STATE', 'AGE'],
      found.items.map((each) => [
        each.id,
        each.workflow,
        each.task,
        each.subject.slice(0, 60),
        each.assignees.join(',') || 'anybody',
        stateOf(each),
        between(each.requestedAt, null, now),
      ]),
    ),
  );
  if (found.next !== null) terminal.say(`There are more: --limit, or a narrower list.`);
}

async function answer(
  { terminal }: CommandContext,
  id: string,
  decision: 'approved' | 'rejected',
  options: AnswerOptions,
): Promise<void> {
  const { form, comment } = options;
  const said = {
    decision,
    ...(form === undefined ? {} : { form: await readJson('--form', form) }),
    ...(comment === undefined ? {} : { comment }),
  };
  const client = await connect(options);
  const after = await client.approvals.answer(id, said);
  await show(terminal, options.output, after, () => page(after));
  if (after.state === 'open') terminal.say(`${approvalsOf(after)} of ${after.required} have approved: it waits for more.`);
}

const approvalsOf = ({ answers }: ApprovalView): number => answers.filter(({ decision }) => decision === 'approved').length;

function stateOf(approval: ApprovalView): string {
  const { state, decision, required } = approval;
  if (state === 'open') return required === 1 ? 'open' : `open ${approvalsOf(approval)}/${required}`;
  return state === 'decided' ? (decision ?? state) : decision === null ? state : `${state}: ${decision}`;
}

function page(approval: ApprovalView): string {
  const { answers, form } = approval;
  const said = answers.map(
    ({ by, decision, at, comment }) => `${by} ${decision} at ${at}${comment === null ? '' : `: ${comment}`}`,
  );
  return fields({
    Approval: approval.id,
    Subject: approval.subject,
    State: stateOf(approval),
    Workflow: approval.workflow,
    Run: approval.run,
    Task: approval.task,
    Who: approval.assignees.join(', ') || 'anybody',
    Required: String(approval.required),
    'Asked by': approval.requester === null ? null : `${approval.requester}${approval.fourEyes ? ' (who may not approve)' : ''}`,
    'Asked at': approval.requestedAt,
    Expires: approval.expiresAt,
    Ended: approval.endedAt,
    Form: form === null ? null : JSON.stringify(form),
    Answers: said.length === 0 ? null : said.join('; '),
  });
}
