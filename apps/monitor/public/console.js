// Asks again and again, and shows what is new.
import { make } from './elements.js';
import { runPage } from './run-page.js';
import { runsPage } from './runs-page.js';
import { keepToken, TokenNeeded } from './session.js';

const POLL_MS = 2_000;

const main = document.getElementById('main');
const live = document.getElementById('live');
let timer;
let turn = 0;
let shown = '';

/** Whether a part stands open; undefined: it is not there yet. */
const open = (path) => main.querySelector(`details[data-path="${CSS.escape(path)}"]`)?.open;

/** What has the focus, by what it stands for: the element itself is replaced. */
function focused() {
  const active = document.activeElement;
  if (!main.contains(active)) return null;
  const place = active.closest('[data-path]');
  if (place === active) return `[data-path="${CSS.escape(place.dataset.path)}"]`;
  if (active.tagName === 'A') return `a[href="${CSS.escape(active.getAttribute('href'))}"]`;
  if (active.classList.contains('more')) return '.more';
  return place === null ? null : `[data-path="${CSS.escape(place.dataset.path)}"] > summary`;
}

/** Replaces what changes; the filters stay, and what is being typed into them. */
function put({ title, text, settled, head, filters, body }) {
  const key = `${location.hash} ${text}`;
  // What has ended looks the same: selections and scroll positions stay.
  if (settled && key === shown) return;
  shown = key;
  document.title = `${title} · Reprise`;
  const focus = focused();
  if (filters !== undefined && main.querySelector('.filters') !== null) main.lastElementChild.replaceWith(body);
  else main.replaceChildren(head, ...(filters === undefined ? [] : [filters()]), body);
  if (focus !== null) main.querySelector(focus)?.focus({ preventScroll: true });
}

/** Nothing is asked again until a token is given. */
function askForToken({ message }) {
  tell('off', message);
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

function tell(className, text) {
  live.className = className;
  live.textContent = text;
}

/** What was seen last stays. Where nothing was, the page says why. */
function failed({ message }) {
  tell('off', `not up to date: ${message}`);
  if (shown !== '') return;
  const back = location.hash === '' || location.hash === '#/' ? '' : make('a', { href: '#/' }, '← Runs');
  main.replaceChildren(make('div', {}, back, make('p', { class: 'error' }, message)));
}

async function show() {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  const id = /^#\/runs\/([^/]+)$/.exec(location.hash)?.[1];
  try {
    const view = await (id === undefined ? runsPage(show) : runPage(decodeURIComponent(id), show, open));
    if (mine !== turn) return;
    put(view);
    tell('', 'live');
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof TokenNeeded) return askForToken(error);
    failed(error);
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
