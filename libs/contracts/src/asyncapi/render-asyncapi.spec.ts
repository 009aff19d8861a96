import { expect, test } from '@jest/globals';
import { renderAsyncApi } from './render-asyncapi.js';

test('what is told of runs promises no more than is kept: a start may go untold, an end never does', () => {
  const { channels } = renderAsyncApi('reprise', '1') as { channels: Record<string, { description: string }> };
  for (const name of ['runs', 'probes']) {
    expect(channels[name]?.description).toContain(
      'Ends, pauses and resumptions at least once, `started` best effort; ids are stable.',
    );
  }
});
