/**
 * How long a firing is put off, in [0, mostMs]: by the schedule's name and the instant alone, so that every process knows it and a second
 * look gives the same. FNV-1a, with MurmurHash3's finish, without which neighbouring instants would fall together.
 */
export function jitterOf(schedule: string, instant: number, mostMs: number): number {
  if (mostMs === 0) return 0;
  let hash = 0x811c9dc5;
  const text = `${schedule} ${instant}`;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return Math.floor((hash / 2 ** 32) * (mostMs + 1));
}
