import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether a process group has members that are more than zombies: in a container whose first process collects nobody, the dead
 * stay members for ever. Where there is no /proc to ask, those that a signal still finds count as living.
 */
export function hasLivingMembers(group: number): boolean {
  const processes = listProcesses();
  if (processes === null) return true;
  return processes.some((id) => {
    const stat = readStat(id);
    // The name in parentheses may hold anything; after it: state, parent, group (proc(5)).
    const [state, , member] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(member) === group && state !== 'Z' && state !== 'X';
  });
}

function listProcesses(): readonly string[] | null {
  try {
    const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return names.length === 0 ? null : names;
  } catch {
    return null;
  }
}

function readStat(id: string): string {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}
