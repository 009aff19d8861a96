export interface ChildName {
  readonly workflow: string;
  /** null: the one that is current when the child starts. */
  readonly version: string | null;
}

/** `NAME` or `NAME@VERSION`. */
export function childNameOf(text: string): ChildName {
  const at = text.indexOf('@');
  return at < 0 ? { workflow: text, version: null } : { workflow: text.slice(0, at), version: text.slice(at + 1) };
}
