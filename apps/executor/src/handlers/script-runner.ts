/**
 * What runs in a script's process. It takes `{code, args, maximumBytes}` on standard input and answers on file descriptor 3, so that
 * whatever the script prints cannot be taken for its result.
 */
export const SCRIPT_RUNNER = String.raw`
import { createWriteStream } from 'node:fs';
import { constants, Script } from 'node:vm';

const out = createWriteStream('', { fd: 3 });
let answered = false;
function answer(value) {
  if (answered) return;
  answered = true;
  out.end(JSON.stringify(value), () => process.exit(0));
}

const lineOf = (error) => {
  const found = /(?:^|[( ])script:(\d+)/.exec(String(error?.stack ?? ''));
  return found === null ? null : Number(found[1]);
};
function thrown(error) {
  const isError = typeof error === 'object' && error !== null;
  const text = (value) => (typeof value === 'string' ? value : null);
  answer({
    kind: 'threw',
    name: isError ? text(error.name) : null,
    message: isError ? (text(error.message) ?? '') : String(error),
    line: lineOf(error),
    code: isError ? text(error.code) : null,
    retryable: isError && typeof error.retryable === 'boolean' ? error.retryable : null,
    retryAfterMs: isError && Number.isFinite(error.retryAfterMs) ? error.retryAfterMs : null,
  });
}
process.on('uncaughtException', thrown);
process.on('unhandledRejection', thrown);

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { code, args, maximumBytes } = JSON.parse(Buffer.concat(chunks).toString());

function compile() {
  // A body that closes the function and opens another would parse inside the wrapping, but not alone.
  const AsyncFunction = (async () => {}).constructor;
  const options = { filename: 'script', lineOffset: -1, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };
  const script = new Script('(async function (args) {\n' + code + '\n})', options);
  new AsyncFunction('args', code);
  return script.runInThisContext();
}
let body = null;
try {
  body = compile();
} catch (error) {
  answer({ kind: 'syntax', message: String(error?.message ?? error), line: lineOf(error) });
}
if (body !== null) {
  try {
    const value = await body(args);
    let text;
    try {
      text = JSON.stringify(value) ?? 'null';
    } catch (error) {
      answer({ kind: 'not-json', message: String(error?.message ?? error).split('\n')[0] });
    }
    if (text !== undefined) answer(Buffer.byteLength(text) > maximumBytes ? { kind: 'too-large' } : { kind: 'returned', text });
  } catch (error) {
    thrown(error);
  }
}
`;
