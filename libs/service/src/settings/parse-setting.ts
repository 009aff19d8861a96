/** What a parser answers: the typed value, or what would have been allowed (a phrase after "must be"). */
export type Parsed<T> = { kind: 'ok'; value: T } | { kind: 'bad'; allowed: string };
export type Parse<T> = (raw: string) => Parsed<T>;

const ok = <T>(value: T): Parsed<T> => ({ kind: 'ok', value });
const bad = <T>(allowed: string): Parsed<T> => ({ kind: 'bad', allowed });

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `250ms`, `15s`, `1h30m` in milliseconds, or null. A bare number is refused: 15 what? */
export function durationMs(raw: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(raw)) return null;
  let total = 0;
  for (const [, amount, unit] of raw.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : null;
}

export function duration(least: string, most: string): Parse<number> {
  const low = durationMs(least) ?? 0;
  const high = durationMs(most) ?? Number.MAX_SAFE_INTEGER;
  return (raw) => {
    const ms = durationMs(raw);
    return ms === null || ms < low || ms > high
      ? bad(`a duration with its unit (like 250ms, 15s, 1h30m) from ${least} to ${most}`)
      : ok(ms);
  };
}

export function integer(least: number, most: number): Parse<number> {
  return (raw) => {
    const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
    return value >= least && value <= most ? ok(value) : bad(`a whole number from ${least} to ${most}`);
  };
}

export function choice<const T extends string>(...values: readonly T[]): Parse<T> {
  return (raw) => {
    const found = values.find((value) => value === raw);
    return found === undefined ? bad(`one of ${values.join(', ')}`) : ok(found);
  };
}

export function choiceOfNumbers<const T extends number>(...values: readonly T[]): Parse<T> {
  return (raw) => {
    const found = values.find((value) => String(value) === raw);
    return found === undefined ? bad(`one of ${values.join(', ')}`) : ok(found);
  };
}

export function url(...schemes: readonly string[]): Parse<string> {
  return (raw) => {
    const parsed = URL.canParse(raw) ? new URL(raw) : null;
    const fits = parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== '';
    return fits ? ok(raw) : bad(`a URL like ${schemes[0]}://host:port (scheme ${schemes.join(' or ')})`);
  };
}

/** As `url`, with further hosts behind commas: `amqp://user:password@one:5672,two:5672/vhost`. */
export function urlOfHosts(...schemes: readonly string[]): Parse<string> {
  const one = url(...schemes);
  return (raw) => {
    const several = eachHost(raw).every((each) => one(each).kind === 'ok') && !/,\s*\w+:\/\//.test(raw);
    return several
      ? ok(raw)
      : bad(`a URL like ${schemes[0]}://host:port, or with several hosts: ${schemes[0]}://one:port,two:port`);
  };
}

/** One URL for each of its hosts. */
export function eachHost(raw: string): readonly string[] {
  const [, before = '', hosts = '', after = ''] = /^(\w+:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/.exec(raw) ?? ['', raw];
  return hosts.split(',').map((host) => before + host.trim() + after);
}

export function pattern(expression: RegExp, allowed: string): Parse<string> {
  return (raw) => (expression.test(raw) ? ok(raw) : bad(allowed));
}

/** A comma-separated list, blanks around items ignored, repetitions dropped. */
export function list(item: RegExp, allowed: string): Parse<readonly string[]> {
  return (raw) => {
    const items = raw.split(',').map((part) => part.trim());
    return items.every((part) => item.test(part))
      ? ok(Object.freeze([...new Set(items)]))
      : bad(`a comma-separated list of ${allowed}`);
  };
}

/** A share of a whole. */
export const ratio: Parse<number> = (raw) => {
  const value = /^\d(\.\d{1,15})?$/.test(raw) ? Number(raw) : Number.NaN;
  return value >= 0 && value <= 1 ? ok(value) : bad('a number from 0 to 1');
};

/** `name=value,name=value`, values percent-encoded, as OpenTelemetry and W3C Baggage write them. */
export const pairs: Parse<Readonly<Record<string, string>>> = (raw) => {
  const read: Record<string, string> = {};
  for (const part of raw.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at)).trim();
    const value = decoded(part.slice(at + 1).trim());
    if (!/^[!-<>-~]+$/.test(name) || value === null) return bad('a list of name=value, comma-separated, values percent-encoded');
    read[name] = value;
  }
  return ok(Object.freeze(read));
};

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** An empty text (the variable's own default) means "not set". */
export function optional<T>(parse: Parse<T>): Parse<T | null> {
  return (raw) => (raw === '' ? ok(null) : parse(raw));
}
