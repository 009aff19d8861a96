import { runMain } from '@reprise/service';
import { startAll } from './all.module.js';

await runMain('all', startAll);
