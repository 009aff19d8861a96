/** One step after the other, the works of a step together; whatever fails, all of it is done: what stays open keeps the test runner from ending. */
export async function endAll(...steps: readonly (readonly (() => unknown)[])[]): Promise<void> {
  const failures: unknown[] = [];
  for (const works of steps) {
    const ended = await Promise.allSettled(works.map(async (work) => work()));
    failures.push(...ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])));
  }
  if (failures.length > 0) throw failures[0];
}
