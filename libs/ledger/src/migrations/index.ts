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
] as const;
