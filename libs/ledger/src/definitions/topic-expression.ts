/** A topic pattern as a regular expression of Postgres, for a type with a dot behind it. The pattern has passed the checks: words, `*`, `#`. */
export function topicExpression(pattern: string): string {
  const words = pattern.split('.').map((word) => {
    if (word === '#') return '([^.]+\\.)*';
    return word === '*' ? '[^.]+\\.' : `${word}\\.`;
  });
  return `^${words.join('')}$`;
}
