import { describe, expect, it } from 'vitest';
import { askProgress } from '../../src/cli/ask-progress.js';

describe('progress of asked requests', () => {
  it('tells the time left by the size of what is answered, of whole bursts, without what the journal had', () => {
    const lines: string[] = [];
    let clock = 0;
    const listen = askProgress(
      'texts',
      (line) => lines.push(line),
      () => clock,
    );
    // Half was answered before. Bursts of 10 requests take 8 seconds, and each is a tenth of the text.
    listen(50, 100, 0.5);
    for (let burst = 0; burst < 5; burst++) {
      clock += 8000;
      for (let i = 1; i <= 10; i++) listen(50 + 10 * burst + i, 100, 0.5 + 0.1 * burst + (0.1 * i) / 10);
    }
    expect(lines).toEqual([
      '50 of 100 texts were answered before',
      '60 of 100 texts, 24 s left',
      '80 of 100 texts, 8 s left',
      '100 of 100 texts',
    ]);
  });
});
