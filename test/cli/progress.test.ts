import { describe, expect, it } from 'vitest';
import { progressLine, runDisplay } from '../../src/cli/progress.js';
import { makeMeter } from '../../src/cli/time-left.js';
import { widthOf } from '../../src/terminal/screen.js';

const EXPECTED = [
  { task: 'a', kind: 'choices' as const, documents: 100 },
  { task: 'g', kind: 'generate' as const, documents: 10 },
];

describe('time left', () => {
  it('is not said before something is known, and is of what is known where another kind is still to come', () => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect(EXPECTED);
    expect(meter.left()).toEqual({ seconds: null, whole: true });
    for (let i = 0; i < 50; i++) {
      clock += 1000;
      meter.done('a', true);
    }
    clock += 200;
    expect(meter.left().whole).toBe(false);
    expect(meter.left().seconds).toBeCloseTo(50, 0);
    for (let i = 0; i < 5; i++) {
      clock += 20_000;
      meter.done('g', true);
    }
    clock += 200;
    // 50 more choices of a second, 5 more texts of twenty.
    expect(meter.left().whole).toBe(true);
    expect(meter.left().seconds).toBeCloseTo(150, 0);
  });

  it('is what was foretold until there are answers, and not known again when that has passed', () => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect(EXPECTED);
    meter.forecast({ low: 100, high: 300 });
    expect(meter.left()).toEqual({ seconds: 200, whole: true, rough: true });
    clock = 50_000;
    expect(meter.left()).toEqual({ seconds: 150, whole: true, rough: true });
    expect(progressLine(meter, '', '', 100)).toMatch(/0\/110 documents, about 3 min left$/);
    clock = 300_000;
    expect(meter.left()).toEqual({ seconds: null, whole: true });
  });

  it('does not take the first answer of a burst for the time of each', () => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect([{ task: 'a', kind: 'choices', documents: 200 }]);
    clock = 10_000;
    for (let i = 0; i < 100; i++) {
      meter.done('a', true);
      expect(meter.left().seconds).toBeNull();
    }
    clock += 200;
    expect(meter.left().seconds).toBeCloseTo(10.2, 1);
  });

  it('is known of answers that come too fast for a pause between them', () => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect([{ task: 'a', kind: 'choices', documents: 200 }]);
    for (let i = 0; i < 100; i++) {
      clock += 50;
      meter.done('a', true);
    }
    expect(meter.left().seconds).toBeCloseTo(5, 1);
  });

  it('leaves out what the journal answered, and grows while nothing comes', () => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect([{ task: 'a', kind: 'choices', documents: 100 }]);
    for (let i = 0; i < 50; i++) meter.done('a', false);
    expect(meter.rate()).toBeNull();
    for (let i = 0; i < 10; i++) {
      clock += 1000;
      meter.done('a', true);
    }
    clock += 200;
    expect(meter.left().seconds).toBeCloseTo(40.8, 0);
    clock += 600_000;
    expect(meter.left().seconds).toBeGreaterThan(2000);
  });
});

describe('the progress line', () => {
  it('fits every width, and keeps documents and time left longest', () => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect(EXPECTED);
    for (let i = 0; i < 20; i++) {
      clock += 1000;
      meter.done('a', true);
    }
    clock += 500;
    for (let width = 20; width < 200; width++) {
      const line = progressLine(meter, '42 in flight', 'a_task_of_a_long_name', width);
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
      expect(line).toContain('20/110');
      if (width >= 60) expect(line).toContain('more than 82 s left');
    }
  });

  it('is cleared before any other line, and at the end', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 60, write: (text: string) => written.push(text) > 0 };
    const { onProgress, print } = runDisplay({ stream, screen: { width: 60, colour: false }, now: () => 0, quiet: false });
    onProgress({ kind: 'started', status: () => '' });
    onProgress({ kind: 'expected', tasks: EXPECTED });
    print('stopping; finished answers are kept');
    onProgress({ kind: 'ended' });
    onProgress({ kind: 'ended' });
    const shown = written.join('').replaceAll('\r\u001b[K', '<');
    expect(shown).toMatch(/<stopping; finished answers are kept\n<[^\n<]*<$/);
  });

  it('writes lines of its own where there is no terminal', () => {
    let clock = 0;
    const written: string[] = [];
    const stream = { isTTY: false, columns: 0, write: (text: string) => written.push(text) > 0 };
    const { onProgress } = runDisplay({ stream, screen: { width: 60, colour: false }, now: () => clock, quiet: false });
    onProgress({ kind: 'started', status: () => '3 in flight' });
    onProgress({ kind: 'expected', tasks: EXPECTED });
    for (let i = 1; i <= 40; i++) {
      clock += 1000;
      onProgress({ kind: 'document', task: 'a', asked: true, finished: i, total: 110 });
    }
    expect(written).toEqual([
      expect.stringMatching(/^15\/110 documents, more than 2 min left, 1.00 documents\/s, 3 in flight, a\n$/),
      expect.stringMatching(/^30\/110 documents, more than 73 s left, /),
    ]);
  });
});
