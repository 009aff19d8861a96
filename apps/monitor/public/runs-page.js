// The newest runs, and the filters above them.
import { make, moment, sentence, span, status } from './elements.js';
import { ask } from './session.js';

const STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'];
const PAGE = 100;
const MOST = 500;

const filter = { q: '', status: '' };
let limit = PAGE;

function runRow(run) {
  const about = run.error ? make('span', { class: 'about' }, sentence(run.error)) : null;
  return make(
    'li',
    {},
    make(
      'a',
      { class: 'run', href: `#/runs/${run.id}` },
      status(run.status, run.closing && run.status === 'running' ? 'closing' : run.status),
      make('span', { class: 'workflow' }, run.workflow),
      about ?? make('span', { class: 'about id quiet' }, run.key ?? run.id),
      make('span', { class: 'took quiet' }, span(run.startedAt, run.endedAt)),
      make('span', { class: 'at quiet' }, moment(run.createdAt)),
    ),
  );
}

/** They stay while the list below them changes. */
function filters(show) {
  const narrow = (name, value) => {
    filter[name] = value;
    limit = PAGE;
    show();
  };
  const choose = make(
    'select',
    { 'aria-label': 'Status', onchange: (event) => narrow('status', event.target.value) },
    make('option', { value: '' }, 'any status'),
    ...STATUSES.map((name) => make('option', { value: name, selected: name === filter.status }, name)),
  );
  const search = make('input', {
    type: 'search',
    id: 'q',
    value: filter.q,
    placeholder: 'Search: beginning of an id or key, or part of a workflow’s name',
    'aria-label': 'Search',
    oninput: (event) => narrow('q', event.target.value.trim()),
  });
  return make('div', { class: 'filters' }, search, choose);
}

/** How to see what does not stand here. */
function rest(show) {
  if (limit >= MOST) return make('p', { class: 'quiet' }, `The newest ${MOST} are shown. Search for those before them.`);
  const more = () => {
    limit = Math.min(MOST, limit + PAGE);
    show();
  };
  return make('button', { type: 'button', class: 'more', onclick: more }, 'Show more');
}

function nothing() {
  if (filter.q || filter.status) return make('p', { class: 'quiet' }, 'No run fits.');
  const command = make('code', {}, "npx reprise run start NAME --input '{}'");
  return make('p', { class: 'quiet' }, 'No runs yet. Start one: ', command);
}

export async function runsPage(show) {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(filter)) if (value !== '') query.set(name, value);
  const { items, next } = await ask(`/v1/runs?${query}`);
  return {
    title: 'Runs',
    text: `${limit} ${next !== null} ${JSON.stringify(items)}`,
    settled: items.every((run) => run.endedAt !== null),
    head: make('h1', {}, 'Runs'),
    filters: () => filters(show),
    body: make(
      'div',
      {},
      items.length > 0 ? make('ul', { class: 'rows' }, ...items.map(runRow)) : nothing(),
      next === null ? null : rest(show),
    ),
  };
}
