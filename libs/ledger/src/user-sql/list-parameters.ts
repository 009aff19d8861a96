const PREFIX = 'prepare reprise_parameters as ';

export type RunText = (text: string) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>;

/**
 * Values as the statement's parameters want them: a list becomes a Postgres array where the parameter is one, else JSON text (`$1::jsonb`);
 * a map becomes JSON text. Only a list costs the question what the parameters are. `run` must use the connection the statement will run on.
 */
export async function sendableValues(run: RunText, text: string, values: readonly unknown[]): Promise<readonly unknown[]> {
  if (!values.some(Array.isArray)) return values.map((value) => (isMap(value) ? JSON.stringify(value) : value));
  const types = await parameterTypes(run, text);
  return values.map((value, index) => {
    if (Array.isArray(value)) return types[index]?.endsWith('[]') === true ? value : JSON.stringify(value);
    return isMap(value) ? JSON.stringify(value) : value;
  });
}

async function parameterTypes(run: RunText, text: string): Promise<readonly string[]> {
  try {
    await run(`${PREFIX}${text}`);
  } catch (error) {
    throw shifted(error);
  }
  const { rows } = await run(
    `select parameter_types::pg_catalog.text[] as types from pg_catalog.pg_prepared_statements where name = 'reprise_parameters'`,
  );
  await run('deallocate reprise_parameters');
  const types = rows[0]?.['types'];
  return Array.isArray(types) ? types.map(String) : [];
}

/** Positions count from the user's own text. */
function shifted(error: unknown): unknown {
  if (error instanceof Error && 'position' in error && typeof error.position === 'string') {
    error.position = String(Number(error.position) - PREFIX.length);
  }
  return error;
}

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
