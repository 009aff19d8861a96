/** What a variable of the process is set to; an empty one counts as not set, and so do all where there is no process: in a browser. */
export function readEnvironment(name: string): string | undefined {
  const value = typeof process === 'undefined' ? undefined : process.env?.[name];
  return value === '' ? undefined : value;
}
