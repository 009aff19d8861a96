import { createServiceContext, runMain } from '@reprise/service';
import { startTrigger } from './trigger.module.js';

await runMain('trigger', (settings) => startTrigger(createServiceContext('trigger', settings)));
