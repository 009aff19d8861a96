/** Of the workflow whose runs are the probes of a poll: no document can have a name with a dot in it. */
export const probeName = (workflow: string, poll: string): string => `${workflow}.poll.${poll}`;

/** Whose probe it is; null: it is a workflow like any other. */
export function readProbeName(name: string): { readonly workflow: string; readonly poll: string } | null {
  const [workflow, , poll] = name.split('.');
  return workflow === undefined || poll === undefined ? null : { workflow, poll };
}
