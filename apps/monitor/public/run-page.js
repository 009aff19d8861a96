// One run: what it has come to, what can be done about it, its tasks with their attempts and effects.
import { duration, make, moment, nice, prose, quiet, sentence, span, status } from './elements.js';
import { ask } from './session.js';

/** What is worth looking into stands open until somebody closes it. */
const OPEN_AT_FIRST = ['failed', 'parked', 'retrying'];

const inTime = (instant) => duration(Date.parse(instant) - Date.now());

function attemptItem(attempt, before) {
  const where = attempt.executor === null ? '' : ` on ${attempt.executor}`;
  const took = attempt.startedAt === null ? '' : `${span(attempt.startedAt, attempt.endedAt)}${where}`;
  const next = attempt.nextRetryAt === null ? '' : `in ${inTime(attempt.nextRetryAt)}`;
  // Why it is made stands below the attempt before it already, or goes without saying.
  const told = attempt.why?.reason === 'first' || attempt.whyText === before?.verdictText;
  return make(
    'li',
    {},
    make('div', { class: 'line' }, status(attempt.status), quiet(took || next)),
    told || !attempt.whyText ? null : make('div', { class: 'quiet' }, attempt.whyText),
    attempt.error ? make('div', {}, sentence(attempt.error)) : null,
    attempt.heartbeat
      ? make('div', { class: 'quiet' }, `progress ${JSON.stringify(attempt.heartbeat.progress)}, `, moment(attempt.heartbeat.at))
      : null,
    attempt.verdictText ? make('div', { class: 'quiet' }, `→ ${attempt.verdictText}`) : null,
  );
}

function effectItem(effect) {
  return make(
    'li',
    {},
    make(
      'div',
      { class: 'line' },
      status(effect.state),
      make('span', { class: 'path' }, effect.name),
      quiet('key'),
      make('code', {}, effect.key),
      quiet(effect.settledBy === null ? '' : `said by ${effect.settledBy}`),
    ),
    effect.error ? make('div', {}, sentence(effect.error)) : null,
    effect.state === 'committed' ? make('pre', {}, nice(effect.result)) : null,
  );
}

function progressOf(task) {
  if (task.nextRetryAt !== null) return `attempt ${task.attempt} in ${inTime(task.nextRetryAt)}`;
  if (task.items !== null) {
    const failed = task.items.failed ? `, ${task.items.failed} failed` : '';
    return `${task.items.done} of ${task.items.total} done${failed}`;
  }
  return task.attempt > 1 ? `attempt ${task.attempt}` : '';
}

function taskSummary(task) {
  const waits = task.whyText && task.endedAt === null && (task.attempt > 1 || task.nextRetryAt !== null);
  return make(
    'summary',
    {},
    status(task.status, task.cancelling ? 'cancelling' : task.status),
    make('span', { class: 'path' }, task.path),
    task.child ? make('a', { href: `#/runs/${task.child.run}` }, `run of ${task.child.workflow}`) : quiet(task.call ?? task.kind),
    quiet(progressOf(task)),
    quiet(span(task.startedAt, task.endedAt)),
    task.error ? make('span', { class: 'why' }, sentence(task.error)) : null,
    waits ? make('span', { class: 'why quiet' }, task.whyText) : null,
  );
}

function taskDetails(task) {
  const attempts = task.attempts.map((attempt, index) => attemptItem(attempt, task.attempts[index - 1]));
  const first = String(task.attempts[0]?.number ?? 1);
  return [
    attempts.length > 0 ? make('ol', { class: 'attempts', start: first }, ...attempts) : null,
    task.effects.length > 0
      ? make('div', { class: 'effects' }, make('h3', {}, 'Effects'), make('ul', {}, ...task.effects.map(effectItem)))
      : null,
    task.output !== null ? make('pre', {}, nice(task.output)) : null,
    task.outputTruncated
      ? make('p', { class: 'quiet' }, 'The output is large: ', make('code', {}, `…/tasks/${task.path}`))
      : null,
  ].filter((part) => part !== null);
}

/** `open`: whether a part stood open when it was last drawn; undefined: it was not there. */
function taskRow(task, open) {
  const depth = Math.min(4, task.path.split(/[.[]/).length - 1);
  const details = taskDetails(task);
  const place = { class: `task depth${depth}`, 'data-path': task.path };
  if (details.length === 0) return make('li', {}, make('div', place, ...taskSummary(task).childNodes));
  const isOpen = open(task.path) ?? OPEN_AT_FIRST.includes(task.status);
  return make('li', {}, make('details', { ...place, open: isOpen }, taskSummary(task), ...details));
}

const VERBS = {
  cancel: ['Cancel', 'Cancel this run? Running tasks are asked to stop.'],
  retry: ['Retry', 'Go on with this run from what failed? What succeeded is not run again.'],
  pause: ['Pause', 'Pause this run? Nothing new starts until it is resumed; what runs may end.'],
  resume: ['Resume', null],
};

function verbsFor({ status: state, closing, compensated, trigger, parent }) {
  switch (state) {
    case 'failed':
      return compensated || trigger === 'probe' || parent !== null ? [] : ['retry'];
    case 'paused':
      return ['resume', ...(closing === null ? ['cancel'] : [])];
    case 'running':
      return closing === null ? ['pause', 'cancel'] : [];
    case 'queued':
      return ['cancel'];
    default:
      return [];
  }
}

function verbButton(run, verb, show) {
  const [label, question] = VERBS[verb];
  const body = JSON.stringify(verb === 'cancel' ? { reason: 'asked for on the page' } : {});
  const carryOut = async () => {
    if (question !== null && !confirm(question)) return;
    try {
      await ask(`/v1/runs/${run.id}/${verb}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    } catch (error) {
      alert(error.message);
    }
    show();
  };
  return make('button', { type: 'button', 'data-path': `:${verb}`, onclick: carryOut }, label);
}

function facts(run) {
  const labels = Object.entries(run.labels).map(([name, value]) => `${name}=${value}`);
  return make(
    'p',
    { class: 'facts' },
    make('span', { class: 'id' }, run.id),
    make('span', {}, `version ${run.version ?? run.versionNumber}`),
    make('span', {}, `started by ${run.trigger}`),
    run.parent ? make('a', { href: `#/runs/${run.parent}` }, 'the run that started it') : null,
    run.key ? make('span', {}, `key ${run.key}`) : null,
    ...labels.map((label) => make('span', {}, label)),
    make('span', {}, moment(run.createdAt)),
    make('span', {}, span(run.startedAt, run.endedAt)),
  );
}

function head(run, show) {
  const state = run.closing && run.endedAt === null ? `closing: ${run.closing}` : run.status;
  const where = run.error?.task ? `${run.error.task}: ` : '';
  return make(
    'div',
    {},
    make('a', { href: '#/' }, '← Runs'),
    make('h1', {}, run.workflow),
    make('div', { class: 'bar' }, status(run.status, state), ...verbsFor(run).map((verb) => verbButton(run, verb, show))),
    facts(run),
    run.error ? make('p', { class: 'error' }, `${where}${sentence(run.error)}`) : null,
    run.nextText ? make('p', { class: 'next' }, '→ ', ...prose(run.nextText)) : null,
  );
}

export async function runPage(id, show, open) {
  const run = await ask(`/v1/runs/${encodeURIComponent(id)}`);
  const data = (name, value) =>
    make('details', { 'data-path': `:${name}`, open: open(`:${name}`) }, make('summary', {}, name), make('pre', {}, nice(value)));
  const body = make(
    'div',
    {},
    make('h2', {}, 'Tasks'),
    make('ul', { class: 'rows' }, ...run.tasks.map((task) => taskRow(task, open))),
    run.tasksNext ? make('p', { class: 'quiet' }, 'The first 500 are shown.') : null,
    make('h2', {}, 'Data'),
    data('input', run.input),
    run.endedAt === null ? null : data('output', run.output),
  );
  return {
    title: `${run.workflow} ${run.status}`,
    text: JSON.stringify(run),
    settled: run.endedAt !== null,
    head: head(run, show),
    body,
  };
}
