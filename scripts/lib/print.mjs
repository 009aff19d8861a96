/** Progress goes to stderr, so that `npm test -- --json > file` and the like stay clean; only results go to stdout. */

const startedAt = performance.now();
const color = process.stderr.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text) => paint('1', text);
export const dim = (text) => paint('2', text);

/** Seconds since the command was typed (as far as this process can tell). */
export const elapsedSeconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);

const line = (mark, name, text) => process.stderr.write(`${mark} ${name.padEnd(9)} ${text} ${dim(`+${elapsedSeconds()} s`)}\n`);

/** Something is under way. */
export const step = (name, text) => line(paint('36', '…'), name, text);
/** Something is done. */
export const done = (name, text) => line(paint('32', '✔'), name, text);
/** Something went wrong, but we go on. */
export const warn = (name, text) => line(paint('33', '!'), name, text);

/** Why the command ends, for the person who typed it: an expected failure has no stack trace. */
export function fail(error) {
  const text =
    error instanceof Expected || !(error instanceof Error) ? String(error.message ?? error) : (error.stack ?? error.message);
  process.stderr.write(`${paint('31', '✖')} ${text}\n`);
}

/** A failure the reader can act on: its message says what to do. */
export class Expected extends Error {}

// A reader that went away (`npm start | head`) must not end the launcher before it has stopped what it started.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.emit('SIGTERM', 'SIGTERM');
  });
}
