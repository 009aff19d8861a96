// `npm run bench:growth [-- --runs 1000000]`: what a start, a claim, an end, a list and a scrape cost in a ledger with that many finished
// runs, beside one that is new, in the same session: in milliseconds, and in pages and WAL, which no other program on the machine changes.
// Then what retention costs the work beside it.

import { RetentionStore } from '@reprise/ledger';
import { Metrics, silentLogger, systemClock } from '@reprise/service';
import { DeleteEnded } from '../apps/monitor/dist/watch/delete-ended.js';
import { Retention } from '../apps/monitor/dist/watch/retention.js';
import { RetentionPass } from '../apps/monitor/dist/watch/retention-pass.js';
import { GrowthLedger } from './growth-ledger.mjs';
import { strokesOf } from './growth-strokes.mjs';
import { printIndexes, printTimes, printWorks, timesOf, worksOf } from './growth-turns.mjs';
import { CpuMeter, WorkMeter } from './growth-work.mjs';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const RUNS = option('runs', 1_000_000);
/** The "new" ledger has some, too: lists of nothing would show nothing. */
const YOUNG_RUNS = option('young', 5_000);
const ROUNDS = option('rounds', 60);
const WORK_ROUNDS = 30;
const BUSY_BATCHES = 100;
const DAYS = 50;
const DAY_MS = 86_400_000;

const ledgers = [];
try {
  const young = await GrowthLedger.create('young', { runs: YOUNG_RUNS, days: DAYS });
  ledgers.push(young);
  const began = performance.now();
  const grown = await GrowthLedger.create('grown', { runs: RUNS, days: DAYS });
  ledgers.push(grown);
  console.log(`${RUNS} finished runs written in ${((performance.now() - began) / 1_000).toFixed(0)} s: ${await grown.size()}`);
  console.log(`the other ledger has ${YOUNG_RUNS}: ${await young.size()}. ${await young.settings()}`);
  await compare(young, grown);
  await besideRetention(grown);
} finally {
  for (const ledger of ledgers) await ledger.drop();
}

/** Times in many short rounds, both ledgers in turns; then, in rounds of their own, what the server has done for each. */
async function compare(young, grown) {
  const sides = [];
  for (const ledger of [young, grown]) sides.push({ cpu: new CpuMeter(ledger.database), strokes: await strokesOf(ledger) });
  await GrowthLedger.settle([young, grown]);
  await busy(sides);
  printTimes(await timesOf(sides, { warmUp: 5, rounds: ROUNDS }));
  const meters = [young, grown].map(({ database }) => new WorkMeter(database));
  const metered = sides.map((side, index) => ({ ...side, meter: meters[index] }));
  await worksOf(metered, 2);
  const refused = meters.find((meter) => meter.refused)?.refused;
  if (refused !== undefined) return console.log(`\nno pages and no WAL: auto_explain is not to be had (${refused.message})`);
  await GrowthLedger.settle([young, grown]);
  const firsts = await worksOf(metered, 1);
  await busy(sides);
  printWorks(await worksOf(metered, WORK_ROUNDS), firsts);
  printIndexes([await young.indexes(), await grown.indexes()]);
  for (const meter of meters) meter.stop();
}

/** So long after a checkpoint that most pages that are changed at random have been changed since, as they have most of the time. */
async function busy(sides) {
  for (let batch = 0; batch < BUSY_BATCHES; batch += 1) {
    for (const { strokes } of sides) await strokes['start, claim and end 100 runs']();
  }
}

/** Batches are started, claimed and ended without a pause: alone, and while retention deletes runs one by one and weeks as a whole. */
async function besideRetention(grown) {
  const strokes = await strokesOf(grown);
  const work = async (until) => {
    const took = [];
    const started = performance.now();
    while (!until(performance.now() - started)) {
      const at = performance.now();
      await strokes['start, claim and end 100 runs']();
      took.push(performance.now() - at);
    }
    took.sort((a, b) => a - b);
    return {
      rate: (took.length * 100_000) / (performance.now() - started),
      p99: took[Math.floor(took.length * 0.99)],
      most: took.at(-1),
    };
  };
  await work((ms) => ms > 3_000);
  const alone = await work((ms) => ms > 15_000);
  console.log(
    `\nwork alone: ${alone.rate.toFixed(0)} runs/s, batches p99 ${alone.p99.toFixed(0)} ms, most ${alone.most.toFixed(0)} ms`,
  );
  const limits = [
    ['in portions', 20 * DAY_MS, 'run'],
    ['as whole weeks', 28 * DAY_MS, 'week'],
  ];
  for (const [how, runsMs, kind] of limits.toReversed()) {
    const metrics = new Metrics({ service: 'bench', nodeDefaults: false });
    const counts = { run: 0, week: 0 };
    let passes = 0;
    const policy = { runsMs, mostRuns: null, probesMs: DAY_MS, keysMs: 7 * DAY_MS };
    const { database } = grown;
    const retention = new Retention({
      begin: () => {
        passes += 1;
        return new RetentionPass({
          database,
          store: new RetentionStore(database),
          deleteEnded: new DeleteEnded(database, systemClock),
          policy,
        });
      },
      everyMs: 3_600_000,
      leads: () => true,
      clock: systemClock,
      metrics: counting(metrics, counts),
      logger: { ...silentLogger, info: () => (passes = Number.POSITIVE_INFINITY) },
    });
    const started = performance.now();
    let over = false;
    const deleting = (async () => {
      while (passes < Number.POSITIVE_INFINITY && performance.now() - started < 60_000) {
        await retention.look();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      over = true;
    })();
    const beside = await work(() => over);
    await deleting;
    const seconds = (performance.now() - started) / 1_000;
    const ratio = (beside.rate / alone.rate).toFixed(2);
    console.log(
      `beside retention ${how}: ${beside.rate.toFixed(0)} runs/s (${ratio}), batches p99 ${beside.p99.toFixed(0)} ms, most ${beside.most.toFixed(0)} ms; ` +
        `deleted ${counts.week} weeks and ${counts.run} runs in ${seconds.toFixed(0)} s (${(counts[kind] / seconds).toFixed(1)} ${kind}s/s)`,
    );
  }
}

function counting(metrics, counts) {
  return {
    gauge: (...args) => metrics.gauge(...args),
    counter: (_name, labels) => ({
      inc: (by = 1) => {
        if (labels.kind in counts) counts[labels.kind] += by;
      },
    }),
  };
}
