import { readFileSync } from 'node:fs';
import { renderAsyncApi, renderOpenApi } from '@reprise/contracts';
import { stringify } from 'yaml';

/** What can be asked over HTTP and what is on the broker, for programs to read. The same for as long as the process lives. */
export class InterfaceDocuments {
  /** OpenAPI 3.1, as JSON. */
  readonly openApi: string;
  /** AsyncAPI 3.0, as YAML. */
  readonly asyncApi: string;

  constructor(prefix: string) {
    const version = ownVersion();
    this.openApi = JSON.stringify(renderOpenApi(version), null, 2);
    // An anchor for each schema that is used twice would be YAML too, but nothing that people can read.
    this.asyncApi = stringify(renderAsyncApi(prefix, version), { aliasDuplicateObjects: false, lineWidth: 0 });
  }
}

function ownVersion(): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}
