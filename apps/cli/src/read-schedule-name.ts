import { UsageError } from './exit-code.js';

/** `WORKFLOW/ID`. @throws UsageError */
export function readScheduleName(name: string): string {
  if (/^[^/\s]+\/[^/\s]+$/.test(name)) return name;
  throw new UsageError(`a schedule is named WORKFLOW/ID, got "${name}"`);
}
