import type { Report } from '../values/problem.js';
import type { GroupOutline, MemberOutline, Need } from './outline.js';

const SHOWN = 12;

/** Reports every `needs` that closes a circle: none of its tasks could ever start. */
export function reportCycles(group: GroupOutline, report: Report): void {
  const done = new Set<MemberOutline>();
  for (const start of group.members) {
    if (done.has(start)) continue;
    // Depth first with a stack of our own: a chain of a thousand tasks is no reason to recurse a thousand levels.
    const trail: { readonly member: MemberOutline; next: number }[] = [{ member: start, next: 0 }];
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const need = top.member.needs[top.next];
      top.next += 1;
      if (need === undefined) {
        done.add(top.member);
        trail.pop();
        continue;
      }
      const needed = group.member(need.id);
      if (needed === undefined || done.has(needed)) continue;
      const from = trail.findIndex(({ member }) => member === needed);
      if (from < 0) trail.push({ member: needed, next: 0 });
      else
        reportCycle(
          trail.slice(from).map(({ member }) => member.id),
          need,
          report,
        );
    }
  }
}

function reportCycle(ids: readonly string[], need: Need, report: Report): void {
  const circle = [...ids, need.id];
  const shown = circle.length > SHOWN ? [...circle.slice(0, SHOWN - 2), '…', need.id] : circle;
  const hint = ids.length === 1 ? 'a task cannot need itself' : 'none of them could ever start: remove one of these needs';
  report.refuse(need, `\`needs\` goes round in a circle: ${shown.join(' → ')}`, hint);
}
