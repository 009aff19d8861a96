import { createServiceContext, runMain } from '@reprise/service';
import { startScheduler } from './scheduler.module.js';

await runMain('scheduler', (settings) => startScheduler(createServiceContext('scheduler', settings)));
