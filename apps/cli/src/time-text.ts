/** `340ms`, `2.4s`, `3m12s`, `5h04m`, `3d2h`: as much as a glance takes in. */
export function spanText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole}ms`;
  if (whole < 60_000) return `${(whole / 1_000).toFixed(1)}s`;
  const minutes = Math.floor(whole / 60_000);
  if (minutes < 60) return `${minutes}m${pad(Math.floor((whole % 60_000) / 1_000))}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h${pad(minutes % 60)}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** From one instant to another (or to `now`); empty while there is no start. */
export function between(from: string | null, to: string | null, now: number): string {
  return from === null ? '' : spanText((to === null ? now : Date.parse(to)) - Date.parse(from));
}
