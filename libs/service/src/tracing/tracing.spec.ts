import { afterAll, expect, test } from '@jest/globals';
import { silentLogger } from '../logging/logger.js';
import { readSettings } from '../settings/settings.js';
import { type Tracing, tracingOf } from './tracing.js';

const NOWHERE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
const HALF = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const started: Tracing[] = [];
afterAll(() => Promise.all(started.map((tracing) => tracing.close())));

async function tracing(env: Readonly<Record<string, string>>): Promise<Tracing> {
  const made = tracingOf(readSettings({ ...NOWHERE, ...env }, 'trigger'), 'trigger', silentLogger);
  if (made === null) throw new Error('no tracing');
  await made.start();
  started.push(made);
  return made;
}

const caller = (sampled: boolean) => ({ spanId: '00f067aa0ba902b7', sampled });

test('without a collector, or disabled, there is none', () => {
  expect(tracingOf(readSettings({}, 'trigger'), 'trigger', silentLogger)).toBeNull();
  expect(tracingOf(readSettings({ ...NOWHERE, OTEL_SDK_DISABLED: 'true' }, 'trigger'), 'trigger', silentLogger)).toBeNull();
});

test.each([
  ['parentbased_always_on', true, true, false],
  ['parentbased_always_off', false, true, false],
  ['always_on', true, true, true],
  ['always_off', false, false, false],
])('%s decides for what nobody called, and for who has decided', async (OTEL_TRACES_SAMPLER, root, kept, unkept) => {
  const sampler = await tracing({ OTEL_TRACES_SAMPLER });
  const decided = [sampler.keeps(TRACE, null), sampler.keeps(TRACE, caller(true)), sampler.keeps(TRACE, caller(false))];
  expect(decided).toEqual([root, kept, unkept]);
});

test('a ratio keeps its share of runs, and everywhere the same ones', async () => {
  const [one, other] = [await tracing(HALF), await tracing(HALF)];
  // As runs' ids are: the time in front, then what is drawn.
  const drawn = (index: number) => Math.imul(index, 2_654_435_761) >>> 0;
  const traces = Array.from(
    { length: 1_000 },
    (_, index) =>
      `0189000000007000${drawn(index + 1)
        .toString(16)
        .padStart(16, '8')}`,
  );
  const kept = traces.filter((trace) => one.keeps(trace, null));
  expect(kept.filter((trace) => other.keeps(trace, null))).toEqual(kept);
  expect(kept.length).toBeGreaterThan(300);
  expect(kept.length).toBeLessThan(700);
});

test('settings are read as OpenTelemetry writes them', () => {
  const { otlpHeaders, otelResource } = readSettings(
    { ...NOWHERE, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x=1=2', OTEL_RESOURCE_ATTRIBUTES: 'a.b=c,' },
    'trigger',
  );
  expect(otlpHeaders).toEqual({ authorization: 'Bearer abc', x: '1=2' });
  expect(otelResource).toEqual({ 'a.b': 'c' });
});
