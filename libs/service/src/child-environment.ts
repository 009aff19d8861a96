const HANDED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR'] as const;

/** What programs started for users see of this process's environment: enough to run, none of its settings and secrets. */
export function childEnvironment(): Readonly<Record<string, string>> {
  const entries = HANDED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}
