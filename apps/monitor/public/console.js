// A plain page: recent runs, and one run with its tasks. Text only goes in as text.
import { ask, keepToken, TokenNeeded } from './session.js';

const POLL_MS = 2_000;
const STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'];
const GLYPHS = {
  succeeded: '✓',
  failed: '✗',
  timeout: '✗',
  lost: '✗',
  running: '●',
  ready: '○',
  queued: '○',
  retrying: '↻',
  waiting: '◷',
  parked: '!',
  pending: '·',
  skipped: '–',
  cancelled: '⊘',
  paused: '‖',
};

const main = document.getElementById('main');
const live = document.getElementById('live');
const filter = { q: '', status: '' };
let timer;
let turn = 0;

function make(tag, fields = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name === 'class' ? 'class' : name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

const status = (name, text = name) => make('span', { class: `status ${name}` }, `${GLYPHS[name] ?? '?'} ${text}`);

function duration(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

const span = (from, to) => (from === null ? '' : duration((to === null ? Date.now() : Date.parse(to)) - Date.parse(from)));
const moment = (text) => make('time', { datetime: text, title: text }, new Date(text).toLocaleTimeString());
const nice = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function runRow(run) {
  return make(
    'li',
    {},
    make(
      'a',
      { class: 'run', href: `#/runs/${run.id}` },
      status(run.status, run.closing && run.status === 'running' ? 'closing' : run.status),
      make('span', { class: 'workflow' }, run.workflow),
      make('span', { class: 'key quiet' }, run.error ? `${run.error.code}: ${run.error.message}` : (run.key ?? run.id)),
      make('span', { class: 'number quiet' }, span(run.startedAt, run.endedAt)),
      make('span', { class: 'number quiet' }, moment(run.createdAt)),
    ),
  );
}

function filters() {
  const choose = make(
    'select',
    {
      'aria-label': 'Status',
      onchange: (event) => {
        filter.status = event.target.value;
        show();
      },
    },
    make('option', { value: '' }, 'any status'),
    ...STATUSES.map((name) => make('option', { value: name, selected: name === filter.status }, name)),
  );
  const search = make('input', {
    type: 'search',
    id: 'q',
    value: filter.q,
    placeholder: 'id, key or workflow',
    'aria-label': 'Search',
    oninput: (event) => {
      filter.q = event.target.value.trim();
      show();
    },
  });
  return make('div', { class: 'filters' }, search, choose);
}

async function runsView() {
  const query = new URLSearchParams({ limit: '100' });
  for (const [name, value] of Object.entries(filter)) if (value !== '') query.set(name, value);
  const { items } = await ask(`/v1/runs?${query}`);
  const list =
    items.length > 0
      ? make('ul', { class: 'rows' }, ...items.map(runRow))
      : make(
          'p',
          { class: 'quiet' },
          filter.q || filter.status ? 'No run fits.' : "No runs yet. Start one: npx reprise run start NAME --input '{}'",
        );
  return {
    text: JSON.stringify(items),
    settled: items.every((run) => run.endedAt !== null),
    head: make('h1', {}, 'Runs'),
    body: list,
  };
}

function attemptItem(attempt) {
  const times = attempt.startedAt === null ? '' : `${span(attempt.startedAt, attempt.endedAt)} on ${attempt.executor ?? '?'}`;
  const next = attempt.nextRetryAt === null ? '' : `in ${duration(Date.parse(attempt.nextRetryAt) - Date.now())}`;
  return make(
    'li',
    {},
    make('div', { class: 'line' }, status(attempt.status), make('span', { class: 'quiet' }, times || next)),
    make('div', { class: 'quiet' }, attempt.whyText ?? ''),
    attempt.error ? make('div', {}, `${attempt.error.code}: ${attempt.error.message}`) : null,
    attempt.heartbeat
      ? make('div', { class: 'quiet' }, `heartbeat ${attempt.heartbeat.at} ${JSON.stringify(attempt.heartbeat.progress)}`)
      : null,
    attempt.verdictText ? make('div', { class: 'quiet' }, `→ ${attempt.verdictText}`) : null,
  );
}

function taskRow(task, open) {
  const depth = Math.min(4, task.path.split(/[.[]/).length - 1);
  const retry =
    task.nextRetryAt === null ? '' : `attempt ${task.attempt} in ${duration(Date.parse(task.nextRetryAt) - Date.now())}`;
  const items =
    task.items === null
      ? ''
      : `${task.items.done} of ${task.items.total} done${task.items.failed ? `, ${task.items.failed} failed` : ''}`;
  const summary = make(
    'summary',
    {},
    status(task.status, task.cancelling ? 'cancelling' : task.status),
    make('span', { class: 'path' }, task.path),
    make('span', { class: 'quiet' }, task.call ?? (task.child ? `run of ${task.child.workflow}` : task.kind)),
    make('span', { class: 'quiet' }, retry || items || (task.attempt > 1 ? `attempt ${task.attempt}` : '')),
    make('span', { class: 'quiet' }, span(task.startedAt, task.endedAt)),
    task.error ? make('span', { class: 'why' }, `${task.error.code}: ${task.error.message}`) : null,
    task.whyText && (task.attempt > 1 || task.nextRetryAt !== null) && task.endedAt === null
      ? make('span', { class: 'why' }, task.whyText)
      : null,
  );
  const first = task.attempts[0]?.number ?? 1;
  return make(
    'li',
    {},
    make(
      'details',
      { class: `task depth${depth}`, 'data-path': task.path, open: open.has(task.path) },
      summary,
      task.attempts.length > 0
        ? make('ol', { class: 'attempts', start: String(first) }, ...task.attempts.map(attemptItem))
        : null,
      task.output !== null ? make('pre', {}, nice(task.output)) : null,
      task.outputTruncated
        ? make('p', { class: 'quiet' }, 'The output is large: ', make('code', {}, `…/tasks/${task.path}`))
        : null,
    ),
  );
}

async function cancel(id) {
  if (!confirm('Cancel this run? Running tasks are asked to stop.')) return;
  try {
    await ask(`/v1/runs/${id}/cancel`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'asked for on the page' }),
    });
  } catch (error) {
    alert(error.message);
  }
  show();
}

async function runView(id) {
  const run = await ask(`/v1/runs/${encodeURIComponent(id)}`);
  const open = new Set([...main.querySelectorAll('details[data-path][open]')].map((each) => each.dataset.path));
  const ended = run.endedAt !== null;
  const button = make(
    'button',
    { type: 'button', disabled: ended || run.closing !== null, onclick: () => cancel(run.id) },
    'Cancel',
  );
  const labels = Object.entries(run.labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  const head = make(
    'div',
    {},
    make('a', { href: '#/' }, '← Runs'),
    make('h1', {}, run.workflow),
    make('div', { class: 'bar' }, status(run.status, run.closing && !ended ? `closing: ${run.closing}` : run.status), button),
    make(
      'p',
      { class: 'facts' },
      make('span', { class: 'id' }, run.id),
      make('span', {}, `version ${run.version ?? run.versionNumber}`),
      make('span', {}, `started by ${run.trigger}`),
      run.key ? make('span', {}, `key ${run.key}`) : null,
      labels ? make('span', {}, labels) : null,
      make('span', {}, moment(run.createdAt)),
      make('span', {}, span(run.startedAt, run.endedAt)),
    ),
    run.error
      ? make('p', { class: 'error' }, `${run.error.task ? `${run.error.task}: ` : ''}${run.error.code}: ${run.error.message}`)
      : null,
    run.nextText ? make('p', { class: 'quiet' }, `→ ${run.nextText}`) : null,
  );
  const data = (name, value) =>
    make(
      'details',
      { 'data-path': `:${name}`, open: open.has(`:${name}`) },
      make('summary', {}, name),
      make('pre', {}, nice(value)),
    );
  const body = make(
    'div',
    {},
    make('h2', {}, 'Tasks'),
    make('ul', { class: 'rows' }, ...run.tasks.map((task) => taskRow(task, open))),
    run.tasksNext ? make('p', { class: 'quiet' }, 'The first 500 are shown.') : null,
    make('h2', {}, 'Data'),
    data('input', run.input),
    ended ? data('output', run.output) : null,
  );
  return { text: JSON.stringify(run), settled: ended, head, body };
}

/** What has the focus, by what it stands for: the element itself is replaced. */
function focused() {
  const active = document.activeElement;
  if (!main.contains(active)) return null;
  const path = active.closest('[data-path]')?.dataset.path;
  if (path !== undefined) return `[data-path="${CSS.escape(path)}"] > summary`;
  if (active.tagName === 'BUTTON') return 'button';
  return active.tagName === 'A' ? `a[href="${CSS.escape(active.getAttribute('href'))}"]` : null;
}

let shown = '';

/** Replaces what changes; the filters stay, and what is being typed into them. */
function put({ text, settled, head, body }, withFilters) {
  const key = `${location.hash} ${text}`;
  // What has ended looks the same: selections and scroll positions stay.
  if (settled && key === shown) return;
  shown = key;
  const focus = focused();
  if (withFilters && main.querySelector('.filters') !== null) main.lastElementChild.replaceWith(body);
  else main.replaceChildren(head, ...(withFilters ? [filters()] : []), body);
  if (focus !== null) main.querySelector(focus)?.focus({ preventScroll: true });
}

/** Nothing is asked again until a token is given. */
function askForToken({ message }) {
  live.className = 'off';
  live.textContent = message;
  if (main.querySelector('form.token') !== null) return;
  shown = '';
  const input = make('input', { type: 'password', id: 'token', autocomplete: 'current-password', required: true });
  const submit = (event) => {
    event.preventDefault();
    keepToken(input.value.trim());
    main.replaceChildren();
    show();
  };
  main.replaceChildren(
    make(
      'form',
      { class: 'token', onsubmit: submit },
      make('label', { for: 'token' }, 'Your token (REPRISE_TOKEN, or the one that REPRISE_TOKENS has for you)'),
      input,
      make('button', { type: 'submit' }, 'Show runs'),
      make('p', { class: 'quiet' }, 'It is kept in this tab until you close it.'),
    ),
  );
  input.focus();
}

async function show() {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  const id = /^#\/runs\/([^/]+)$/.exec(location.hash)?.[1];
  try {
    const view = id === undefined ? await runsView() : await runView(decodeURIComponent(id));
    if (mine !== turn) return;
    put(view, id === undefined);
    live.className = '';
    live.textContent = 'live';
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof TokenNeeded) return askForToken(error);
    live.className = 'off';
    live.textContent = `not up to date: ${error.message}`;
  }
  timer = setTimeout(show, document.hidden ? POLL_MS * 10 : POLL_MS);
}

addEventListener('hashchange', () => {
  main.replaceChildren();
  shown = '';
  show();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) show();
});
show();
