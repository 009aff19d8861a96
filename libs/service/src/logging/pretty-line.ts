const COLOURS: Record<string, string> = { debug: '\u001b[2m', info: '\u001b[36m', warn: '\u001b[33m', error: '\u001b[31m' };
const RESET = '\u001b[0m';

/** One JSON log line as `12:00:01.123 warn  trigger    message key=value`; an error's stack follows on its own lines. */
export function prettyLine(json: string, colour: boolean): string {
  const { level, time, service, message, error, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const label = String(level).padEnd(5);
  const head = `${String(time).slice(11, 23)} ${colour ? `${COLOURS[String(level)] ?? ''}${label}${RESET}` : label} ${String(service).padEnd(9)} ${visible(String(message))}`;
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${visible(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return `${[head, ...fields].join(' ')}${errorLines(error)}\n`;
}

function errorLines(error: unknown, label = ''): string {
  if (typeof error !== 'object' || error === null) return error === undefined ? '' : ` error=${visible(JSON.stringify(error))}`;
  const { stack, message, code, cause } = error as { stack?: unknown; message?: unknown; code?: unknown; cause?: unknown };
  const text = String(stack ?? message ?? JSON.stringify(error));
  const lines = text.split('\n').map((line) => `    ${visible(line)}`);
  return `\n${label}${lines.join('\n')}${code === undefined ? '' : ` [${visible(String(code))}]`}${cause === undefined ? '' : errorLines(cause, '  caused by\n')}`;
}

/** Control, escape and direction-changing characters would let logged data rewrite the terminal. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
