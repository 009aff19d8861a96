import { createServiceContext, runMain } from '@reprise/service';
import { startExecutor } from './executor.module.js';

await runMain('executor', (settings) => startExecutor(createServiceContext('executor', settings)));
