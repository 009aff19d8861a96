// Requests of the page, with the token of whoever looks at it. It is kept in the tab, and gone with it.
const KEY = 'reprise-token';

/** The server knows no token, or not this one. */
export class TokenNeeded extends Error {}

export const keepToken = (token) => sessionStorage.setItem(KEY, token);

export async function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const credentials = token === null ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...options.headers, ...credentials };
  const answer = await fetch(path, { ...options, headers, signal: AbortSignal.timeout(10_000) });
  const body = answer.status === 204 ? null : await answer.json();
  if (answer.status === 401) throw new TokenNeeded(token === null ? 'a token is needed' : 'this token is not known here');
  if (!answer.ok) throw new Error(body?.detail ?? `HTTP ${answer.status}`);
  return body;
}
