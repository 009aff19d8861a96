import { createServiceContext, runMain } from '@reprise/service';
import { startMonitor } from './monitor.module.js';

await runMain('monitor', (settings) => startMonitor(createServiceContext('monitor', settings)));
