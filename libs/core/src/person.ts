/** Longest name of a person or a machine that acts. */
const MAX_PERSON_LENGTH = 100;

/** A name that credentials may bear, as it is compared: in lower case. null: nobody can be called so. */
export function personName(text: string): string | null {
  const name = text.trim();
  return name.length <= MAX_PERSON_LENGTH && /^[A-Za-z0-9._@-]+$/.test(name) ? name.toLowerCase() : null;
}
