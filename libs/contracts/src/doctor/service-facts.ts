export interface MemberFacts {
  readonly id: string;
  readonly service: string;
  /** null: it does not say (another language, an older build). */
  readonly version: string | null;
  /** Its clock minus the database's when it last said that it is alive, that way included; null: it does not say. */
  readonly clockOffsetMs: number | null;
  /** Until its lease ends; negative: it has ended. */
  readonly leaseMs: number;
  /** Names of secrets it can resolve; null: it does not say. */
  readonly secrets: readonly string[] | null;
}

export interface TaskQueueFacts {
  readonly name: string;
  /** Attempts that wait; null: the broker does not tell. */
  readonly waiting: number | null;
  readonly oldestMs: number | null;
  readonly executors: number;
  readonly paused: { readonly by: string; readonly at: string; readonly reason: string | null } | null;
  /** Workflows whose current version names it. */
  readonly workflows: readonly string[];
}

export interface ServiceFacts {
  /** Of the build that looks. */
  readonly version: string;
  /** null: none of this kind was ever seen, or its lease has ended. */
  readonly leader: string | null;
  readonly members: readonly MemberFacts[];
  readonly queues: readonly TaskQueueFacts[];
  /** Calls that no live executor on the queue hosts. */
  readonly unhosted: readonly { readonly call: string; readonly queue: string; readonly workflows: readonly string[] }[];
  /** Secrets that workflows name, with the queues where they are needed and whether an executor there has them (null: none says). */
  readonly secrets: readonly { readonly name: string; readonly workflows: readonly string[]; readonly known: boolean | null }[];
  readonly parked: readonly { readonly workflow: string; readonly tasks: number }[];
  readonly deadLetters: number;
}
