import { describe, expect, it } from 'vitest';
import { fires } from '../../benchmarks/gate-noise.js';
import { falseAlarms, power, sizedBenchmarks } from '../../benchmarks/gate-simulation.js';
import { DEFAULT_POLICY } from '../../src/gate/policy.js';

// The full tables (1,000 pairs each) are in docs/gate.md; here, fewer pairs and bounds of three standard errors.
const PAIRS = 150;
const bound = (share: number): number => 3 * Math.sqrt((share * (1 - share)) / PAIRS);

describe('calibration of the gate on simulated pairs', () => {
  it('fires on equally good models no more often than it says', async () => {
    const benchmarks = await sizedBenchmarks();
    expect(benchmarks).toHaveLength(29);
    expect(benchmarks.reduce((sum, b) => sum + b.documents, 0)).toBe(128_447);
    for (const policy of [DEFAULT_POLICY, { ...DEFAULT_POLICY, allowed_drop: 0 }]) {
      expect(falseAlarms(benchmarks, 0.1, policy, PAIRS, 11)).toBeLessThanOrEqual(0.05 + bound(0.05));
    }
  });

  it('sees a real drop of two points as often as it claims', async () => {
    const few = (await sizedBenchmarks()).filter((b) => ['eus_trivia', 'eus_proficiency', 'eus_reading', 'piqa'].includes(b.name));
    const seen = power(few, 0.08, 0.02, DEFAULT_POLICY, PAIRS, 12);
    expect(seen).toHaveLength(4);
    for (const { benchmark, claimed, measured } of seen) expect(Math.abs(measured - claimed), benchmark).toBeLessThan(bound(0.5) + 0.02);
    expect(seen.find((s) => s.benchmark === 'eus_proficiency')?.measured).toBeGreaterThan(0.95);
    expect(seen.find((s) => s.benchmark === 'eus_reading')?.measured).toBeLessThan(0.5);
  });
});

describe('numerical noise and drifts, document by document', () => {
  it('noise of a measured size never fires, and a drift by near ties alone is seen as often as claimed', async () => {
    const all = await sizedBenchmarks();
    const few = ['eus_trivia', 'piqa_eu', 'eus_reading'].flatMap((name) => all.filter((b) => b.name === name));
    expect(fires(few, 0.05, 0, 60, 1).any).toBe(0);
    const drifted = fires(few.slice(0, 1), 0.05, 0.06, 100, 2);
    expect(Math.abs(drifted.first - drifted.claimed)).toBeLessThan(0.15 + 0.02);
    expect(fires(few.slice(0, 1), 0.05, 0.14, 40, 3).first).toBeGreaterThan(0.9);
  });
});
