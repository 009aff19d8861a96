import { isTemplateText } from '../../workflow/expression-text.js';
import { isText, type Located } from '../values/located.js';
import type { Report, Where } from '../values/problem.js';
import { readFields, refuseValue } from '../values/read-value.js';

interface BuiltIn {
  readonly fields: readonly string[];
  readonly required: readonly string[];
  /** Code: an expression inside would let data become program text. */
  readonly code?: string;
  readonly instead?: string;
}

const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  http: { fields: ['method', 'url', 'headers', 'query', 'body', 'timeout'], required: ['url'] },
  shell: { fields: ['run', 'args', 'env', 'cwd', 'stdin'], required: ['run'], code: 'run', instead: '`args` or `env`' },
  script: { fields: ['code', 'args'], required: ['code'], code: 'code', instead: '`args`' },
  sql: { fields: ['connection', 'query', 'params'], required: ['query'], code: 'query', instead: '`params`' },
  publish: { fields: ['exchange', 'routingKey', 'body', 'headers'], required: ['exchange'] },
};

export const BUILT_IN_CALLS: ReadonlySet<string> = new Set(Object.keys(BUILT_IN));

/** What can be said about the input of a built-in handler before it runs. */
export function checkBuiltIn(call: string, callAt: Where, input: Located | undefined, report: Report): void {
  const builtIn = Object.hasOwn(BUILT_IN, call) ? BUILT_IN[call] : undefined;
  if (builtIn === undefined || input?.kind === 'unreadable') return;
  const { required, code } = builtIn;
  if (input === undefined) {
    report.refuse(callAt, `\`${call}\` needs \`with\``, `it requires ${required.map((name) => `\`${name}\``).join(', ')}`);
  } else if (input.kind === 'map') {
    const fields = readFields(input, { known: builtIn.fields }, report);
    for (const name of required)
      if (!fields.has(name)) report.refuse(input, `\`${call}\` has no \`${name}\``, `it requires \`${name}\``);
    const program = code === undefined ? undefined : fields.get(code);
    if (program !== undefined) checkProgram(call, builtIn, program.value, report);
  } else if (code !== undefined || !isText(input) || !isTemplateText(input.value)) {
    const hint = code === undefined ? null : `an expression for all of it could choose \`${code}\` too`;
    refuseValue(input, report, `a map with ${builtIn.fields.map((name) => `\`${name}\``).join(', ')}`, hint);
  }
}

function checkProgram(call: string, { instead }: BuiltIn, program: Located, report: Report): void {
  if (!isText(program)) refuseValue(program, report, 'a text');
  else if (isTemplateText(program.value)) {
    const message = `expressions are not allowed inside the program text of \`${call}\``;
    report.refuse(program, message, `data could become code: pass values by ${instead}`);
  }
}
