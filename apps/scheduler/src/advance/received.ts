import type { InboxItem } from '@reprise/contracts';

export interface Received {
  readonly item: InboxItem;
  /** The broker has delivered it before: its first receiver may have died between commit and publish. */
  readonly redelivered: boolean;
}
