// What the pages are made of. Text only goes in as text.
const GLYPHS = {
  succeeded: '✓',
  committed: '✓',
  failed: '✗',
  timeout: '✗',
  lost: '✗',
  running: '●',
  ready: '○',
  queued: '○',
  retrying: '↻',
  waiting: '◷',
  parked: '!',
  in_doubt: '?',
  intended: '?',
  pending: '·',
  skipped: '–',
  void: '–',
  cancelled: '⊘',
  paused: '‖',
};

export function make(tag, fields = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

export const quiet = (text) => (text ? make('span', { class: 'quiet' }, text) : null);

export const status = (name, text = name) =>
  make('span', { class: `status ${name}` }, `${GLYPHS[name] ?? '?'} ${text.replace('_', ' ')}`);

/** What stands between backticks is something to type. */
export const prose = (text) => text.split('`').map((part, index) => (index % 2 === 1 ? make('code', {}, part) : part));

export const sentence = ({ code, message }) => `${code}: ${message}`;

export const nice = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

export function duration(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

export const span = (from, to) => (from === null ? '' : duration((to === null ? Date.now() : Date.parse(to)) - Date.parse(from)));

/** The time of day, and the day where it is not today. */
export function moment(text) {
  const at = new Date(text);
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const isToday = at.toDateString() === new Date().toDateString();
  const day = isToday ? '' : `${at.toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })}, `;
  return make('time', { datetime: text, title: text }, `${day}${time}`);
}
