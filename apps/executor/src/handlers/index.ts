import type { UserSql } from '@reprise/ledger';
import type { Limits } from '@reprise/service';
import type { HandlerDefinition } from '@reprise/worker';
import { httpHandler } from './http.js';
import { type Publish, publishHandler } from './publish.js';
import { scriptHandler } from './script.js';
import { shellHandler } from './shell.js';
import { sqlHandler } from './sql.js';

export interface BuiltInOptions {
  readonly limits: Limits;
  /** Users' own databases, `REPRISE_CONNECTION_NAME`. */
  readonly databases: UserSql;
  /** A publisher of its own: a message to an exchange that does not exist ends its channel. */
  readonly publish: Publish;
  /** `REPRISE_PREFIX`: what `publish` must not touch. */
  readonly prefix: string;
}

/** All built-in handlers; which of them an executor hosts is `REPRISE_HANDLERS`' to say. */
export function builtInHandlers({ limits, databases, publish, prefix }: BuiltInOptions): readonly HandlerDefinition[] {
  return [
    httpHandler(limits),
    shellHandler(limits),
    scriptHandler(limits),
    sqlHandler(databases, limits),
    publishHandler(publish, prefix),
  ];
}

export type { Publish } from './publish.js';
