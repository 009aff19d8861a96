/** What JSON.parse(JSON.stringify(row)) gives, frozen; but what JSON would drop or bend is an error here. */
export function store<Row>(row: Row): Row {
  return keep(row, row) as Row;
}

/** What has been kept cannot change any more: parts of it in later rows are kept already. */
const kept = new WeakSet<object>();

function keep(value: unknown, row: unknown): unknown {
  if (typeof value !== 'object' || value === null) return storable(value, row);
  if (kept.has(value)) return value;
  const copy = copyOf(value, row);
  kept.add(copy);
  return copy;
}

function copyOf(value: object, row: unknown): object {
  if (Array.isArray(value)) return Object.freeze(value.map((item) => keep(item, row)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new Error(`the ledger cannot keep ${String(value)}`);
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, keep(item, row)])));
}

function storable(value: unknown, row: unknown): unknown {
  const isStorable = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (!isStorable) throw new Error(`the ledger cannot keep ${String(value)} in ${JSON.stringify(row)}`);
  return value;
}

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
