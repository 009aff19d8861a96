import { Ledger1700000000001 } from './0001-ledger.js';
import { SqlRole1700000000002 } from './0002-sql-role.js';
import { Language1700000000003 } from './0003-language.js';
import { Schedule1700000000004 } from './0004-schedule.js';
import { Batch1700000000005 } from './0005-batch.js';
import { Completion1700000000006 } from './0006-completion.js';
import { Poll1700000000007 } from './0007-poll.js';
import { Operate1700000000009 } from './0009-operate.js';
import { Effect1700000000010 } from './0010-effect.js';
import { Heartbeat1700000000012 } from './0012-heartbeat.js';
import { Gauges1700000000013 } from './0013-gauges.js';
import { Retention1700000000015 } from './0015-retention.js';
import { Growth1700000000016 } from './0016-growth.js';
import { Guard1700000000021 } from './0021-guard.js';
import { BoundedLists1700000000022 } from './0022-bounded-lists.js';
import { RepeatedEvents1700000000023 } from './0023-repeated-events.js';
import { Keys1700000000024 } from './0024-keys.js';
import { EveryEnd1700000000025 } from './0025-every-end.js';

/** In the order they run. Forward only: a released migration is never edited. */
export const migrations = [
  Ledger1700000000001,
  SqlRole1700000000002,
  Language1700000000003,
  Schedule1700000000004,
  Batch1700000000005,
  Completion1700000000006,
  Poll1700000000007,
  Operate1700000000009,
  Effect1700000000010,
  Heartbeat1700000000012,
  Gauges1700000000013,
  Retention1700000000015,
  Growth1700000000016,
  Guard1700000000021,
  BoundedLists1700000000022,
  RepeatedEvents1700000000023,
  Keys1700000000024,
  EveryEnd1700000000025,
] as const;
