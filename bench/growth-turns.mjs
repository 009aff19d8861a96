import { UNTOLD } from './growth-strokes.mjs';
import { NO_WORK, plus } from './growth-work.mjs';

const isTold = (name) => !name.startsWith(UNTOLD);
export const quantile = (values, part) => values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
export const median = (values) => quantile(values, 0.5);

/** Every stroke on both sides, one straight after the other, each first in every other round: what else the machine does meets both. */
async function inTurns(sides, rounds, done) {
  const names = Object.keys(sides[0].strokes);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const took = await done(side, side.strokes[name]);
        if (isTold(name)) side.seen(name, took);
      }
    }
  }
}

/** By stroke: milliseconds of each round, here and on the server's processors. */
export async function timesOf(sides, { warmUp, rounds }) {
  const time = async ({ cpu }, stroke) => {
    const before = cpu.read();
    const started = performance.now();
    await stroke();
    return { ms: performance.now() - started, cpu: cpu.read() - before };
  };
  await collected(sides, warmUp, time);
  return collected(sides, rounds, time);
}

/** By stroke: what each round has come to for the server. */
export async function worksOf(sides, rounds) {
  return collected(sides, rounds, async ({ meter }, stroke) => {
    meter.reset();
    await stroke();
    // Notices come before the answer, and are handed out before it.
    return meter.reset();
  });
}

async function collected(sides, rounds, done) {
  const all = sides.map(() => new Map());
  const seeing = sides.map((side, index) => ({
    ...side,
    seen: (name, took) => all[index].set(name, [...(all[index].get(name) ?? []), took]),
  }));
  await inTurns(seeing, rounds, done);
  return all;
}

const meanOf = (works) => {
  const sum = works.reduce(plus, NO_WORK);
  return Object.fromEntries(Object.entries(sum).map(([key, value]) => [key, value / works.length]));
};

const table = (heads, rows) =>
  console.log(`\n${[heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`);

/** The ratio is taken within each round, where both sides met the same machine; that of the processors' time over all rounds. */
export function printTimes([young, grown]) {
  const rows = [...grown].map(([name, after]) => {
    const before = young.get(name);
    const ratios = after.map(({ ms }, round) => ms / before[round].ms);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(ratios, part).toFixed(2));
    const cpu = (times) => times.reduce((sum, time) => sum + time.cpu, 0) / times.length;
    const [a, b] = [before, after].map((times) => median(times.map(({ ms }) => ms)).toFixed(2));
    return [
      name,
      a,
      b,
      middle,
      `${low}–${high}`,
      `${cpu(before).toFixed(2)} → ${cpu(after).toFixed(2)}`,
      (cpu(after) / cpu(before)).toFixed(2),
    ];
  });
  table(['what', 'new ledger, ms', 'grown, ms', 'ratio', 'half of the rounds', 'server CPU, ms', 'ratio of CPU'], rows);
}

/** `first`: the first round behind a checkpoint, when each page that is changed goes to the WAL whole. */
export function printWorks([young, grown], firsts) {
  const rows = [...grown].map(([name, after]) => {
    const [a, b] = [meanOf(young.get(name)), meanOf(after)];
    const pages = (work) => (work.hit + work.read).toFixed(0);
    const wal = (work) => (work.wal / 1_000).toFixed(1);
    const [x, y] = firsts.map((first) => meanOf(first.get(name)));
    const cells = [pages(a), pages(b), a.dirtied.toFixed(1), b.dirtied.toFixed(1), wal(a), wal(b), wal(x), wal(y)];
    return [name, ...pairs(cells)];
  });
  table(['what', 'pages', 'pages dirtied', 'WAL, kB', 'WAL behind a checkpoint, kB'], rows);
}

const pairs = (cells) => cells.flatMap((cell, index) => (index % 2 === 0 ? [`${cell} → ${cells[index + 1]}`] : []));

/** Indexes that statements of a start, a claim and an end go down: how large all of them are, and how many levels the deepest has. */
export function printIndexes([young, grown]) {
  const rows = [...grown].map(([name, after]) => {
    const before = young.get(name) ?? { bytes: 0, levels: 0 };
    const megabytes = ({ bytes }) => (bytes / 1e6).toFixed(1);
    return [name, `${megabytes(before)} → ${megabytes(after)}`, `${before.levels ?? '?'} → ${after.levels ?? '?'}`];
  });
  table(['index', 'MB', 'levels'], rows);
}
