import type { IncomingMessage } from 'node:http';

/** Express 5's own route table, as far as it is used here; it has no public way to ask. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** The methods some controller declares for this path; empty when nothing is there. */
export function declaredMethods(request: IncomingMessage, path: string): string[] {
  const { app } = request as { app?: { router?: { stack?: readonly Layer[] } } };
  const methods = new Set<string>();
  for (const layer of app?.router?.stack ?? []) {
    if (layer.route !== undefined && matches(layer, path))
      for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].filter((method) => /^[A-Z]+$/.test(method) && method !== '_ALL').sort();
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false; // a malformed % escape
  }
}
