/** Cents with tax, rounded to whole cents. */
export function withTax(cents, percent) {
  return Math.round((cents * (100 + percent)) / 100);
}

export function formatCents(cents) {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.abs(cents);
  return `${sign}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`;
}
