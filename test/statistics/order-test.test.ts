import { describe, expect, it } from 'vitest';
import { PythonRandom } from '../../src/python/random.js';
import { orderTest, shuffledShards } from '../../src/statistics/order-test.js';

/** A share of [0, 1) from a seeded twister. */
function uniform(random: PythonRandom): number {
  return random.next32() / 2 ** 32;
}

function shuffler(seed: number): (size: number) => readonly number[] {
  const random = new PythonRandom(seed);
  return (size) => random.sampleIndices(size, size);
}

/** A model whose log-probability of an order is noise, and `memory` nats more for each document that stands behind the one it was published behind. */
function simulate(seed: number, memory: number) {
  const random = new PythonRandom(seed);
  const logprob = (order: readonly number[]): number => {
    const noise = Array.from({ length: 12 }, () => uniform(random)).reduce((a, b) => a + b, -6);
    return -500 + 3 * noise + memory * order.filter((index, i) => i > 0 && index === (order[i - 1] ?? -2) + 1).length;
  };
  return orderTest(
    shuffledShards(120, 20, 9, shuffler(seed)).map(([canonical = [], ...shuffled]) => ({
      canonical: logprob(canonical),
      shuffled: shuffled.map(logprob),
    })),
  );
}

describe('the order permutation test', () => {
  it('deals all documents to contiguous shards, each in its published order first', () => {
    const shards = shuffledShards(23, 5, 3, shuffler(1));
    expect(shards.flatMap(([canonical = []]) => canonical)).toEqual(Array.from({ length: 23 }, (_, i) => i));
    for (const [canonical = [], ...shuffled] of shards) {
      expect(shuffled).toHaveLength(3);
      for (const order of shuffled) expect([...order].sort((a, b) => a - b)).toEqual(canonical);
    }
    expect(shuffledShards(23, 5, 3, shuffler(1))).toEqual(shards);
    expect(shuffledShards(23, 5, 3, shuffler(2))).not.toEqual(shards);
  });

  it('has uniform p-values for a model that never saw the order', () => {
    const found = Array.from({ length: 600 }, (_, i) => simulate(1000 + i, 0));
    for (const ps of [found.map(({ p }) => p), found.map(({ exactP }) => exactP)])
      for (const level of [0.1, 0.2, 0.5, 0.8]) {
        const share = ps.filter((p) => p <= level + 1e-9).length / ps.length;
        // Four standard errors of a binomial share.
        expect(Math.abs(share - level)).toBeLessThan(4 * Math.sqrt((level * (1 - level)) / ps.length));
      }
  });

  it('fires for a model that remembers which document follows which', () => {
    const found = simulate(7, 4);
    expect(found.p).toBeLessThan(1e-4);
    expect(found.exactP).toBe(0.1);
    expect(found.difference).toBeGreaterThan(5);
  });

  it('has the p-value that the sign says where all shards differ by the same', () => {
    const shard = (canonical: number) => ({ canonical, shuffled: [0, 0] });
    expect(orderTest([shard(1), shard(1)]).p).toBe(0);
    expect(orderTest([shard(0), shard(0)]).p).toBe(0.5);
    expect(orderTest([shard(-1), shard(-1)]).p).toBe(1);
  });
});
