import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillBias } from '../../../src/backends/onnx/bias.js';
import { newDistinctCounter } from '../../../src/backends/onnx/distinct.js';
import { closeGaps } from '../../../src/backends/onnx/generate.js';
import { choosePath, commonPrefix, planBatch, type Sequence } from '../../../src/backends/onnx/stack.js';

/** Sequences over a small alphabet share many prefixes. */
const ids = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 });
const sequenceArb = ids.chain((list) =>
  fc
    .integer({ min: 1, max: Math.min(3, list.length) })
    .map((n): Sequence => ({ ids: list, targets: Array.from({ length: n }, (_, i) => 10 + i) })),
);
const limits = fc.record({ runTokens: fc.integer({ min: 1, max: 9 }), runRows: fc.integer({ min: 1, max: 4 }) });

/** Distinct (prefix, token) pairs, by the definition. */
function distinctPairs(lists: readonly (readonly number[])[]): Set<string> {
  return new Set(lists.flatMap((list) => list.map((_, i) => list.slice(0, i + 1).join(','))));
}

/**
 * Executes a plan on a pretended cache: every position holds the text that ends there. A row must see exactly its own text, in order.
 */
function execute(
  path: readonly number[],
  sequences: readonly Sequence[],
  plan: ReturnType<typeof planBatch>,
  window: number | null,
): Map<string, number> {
  const cache: number[][] = path.map((_, i) => path.slice(0, i + 1));
  const answers = new Map<string, number>();
  for (const run of plan.runs) {
    expect(run.base).toBe(cache.length);
    const n = run.ids.length;
    const bias = fillBias({ rows: n, base: run.base, segments: run.segments, window });
    const total = run.base + n;
    const texts: number[][] = [];
    for (let row = 0; row < n; row++) {
      const seen: number[] = [];
      for (let column = 0; column <= run.base + row; column++) {
        if (bias[row * total + column] !== 0) continue;
        const text = column < run.base ? cache[column] : column === run.base + row ? null : texts[column - run.base];
        if (text !== null) seen.push(text?.[text.length - 1] ?? -1);
      }
      const own = [...seen, run.ids[row] ?? -1];
      const position = run.positions[row] ?? -1;
      if (window === null) expect(own).toHaveLength(position + 1);
      else expect(own).toHaveLength(Math.min(window, position + 1));
      // With a window the row sees only the end of its text; the planned text is rebuilt from the previous row of the same sequence below.
      texts.push(window === null ? own : [...own]);
    }
    run.wanted.forEach((w, k) => {
      const row = run.rows[run.pairs[2 * k] ?? -1] ?? -1;
      const sequence = sequences[w.sequence];
      const length = (sequence?.ids.length ?? 0) - (sequence?.targets.length ?? 0) + w.target + 1;
      const expected = sequence?.ids.slice(0, length) ?? [];
      expect(texts[row]).toEqual(window === null ? expected : expected.slice(-window));
      expect(run.pairs[2 * k + 1]).toBe(sequence?.targets[w.target]);
      answers.set(`${w.sequence}:${w.target}`, (answers.get(`${w.sequence}:${w.target}`) ?? 0) + 1);
    });
    for (const text of texts) cache.push(text);
  }
  return answers;
}

describe('planBatch', () => {
  it.each([null, 1, 3])('every row sees exactly its own text, every target is asked once (window %s)', (window) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 }),
        fc.array(sequenceArb, { minLength: 1, maxLength: 6 }),
        limits,
        (rawPath, sequences, l) => {
          const path = rawPath.slice(0, Math.min(rawPath.length, ...sequences.map((s) => s.ids.length - s.targets.length)));
          const plan = planBatch(path.length, [{ ids: path, where: [{ from: 0, to: path.length }] }], sequences, l);
          const answers = execute(path, sequences, plan, window);
          for (const [s, sequence] of sequences.entries())
            for (const t of sequence.targets.keys()) expect(answers.get(`${s}:${t}`)).toBe(1);
          for (const run of plan.runs) {
            expect(run.ids.length).toBeLessThanOrEqual(l.runTokens);
            expect(run.rows.length).toBeLessThanOrEqual(l.runRows);
          }
          // The least work: each distinct pair that does not lie in the path, once.
          const below = distinctPairs([path]);
          const all = [...distinctPairs(sequences.map((s) => s.ids))].filter((pair) => !below.has(pair));
          expect(plan.tokens).toBe(all.length);
        },
      ),
      { numRuns: 120 },
    );
  });
});

describe('the stack', () => {
  it('keeps of the known texts what the next one shares most of', () => {
    const listed = fc.tuple(ids, fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(fc.array(listed, { minLength: 1, maxLength: 4 }), ids, fc.nat(12), (lists, first, most) => {
        // Each text lies in two parts, one behind the other.
        const memory: number[] = [];
        const known = lists.map(([list, cut]) => {
          const at = memory.length;
          memory.push(...list.slice(0, cut), 0, ...list.slice(cut));
          const middle = Math.min(cut, list.length);
          return {
            ids: list,
            where: [{ from: at, to: at + middle }, ...(middle < list.length ? [{ from: at + middle + 1, to: at + list.length + 1 }] : [])],
          };
        });
        const long = known.map((text) => ({ ...text, ids: text.ids }));
        const { path, moves } = choosePath(long, first, most);
        for (const { from, to, length } of moves) memory.copyWithin(to, from, from + length);
        expect(memory.slice(0, path.ids.length)).toEqual(first.slice(0, path.ids.length));
        const best = Math.min(most, Math.max(...lists.map(([list]) => commonPrefix(list, first))));
        expect(path.ids.length).toBe(best >= 8 ? best : 0);
      }),
    );
  });
  it('the last slots fill the places of finished documents', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 8 }), (done) => {
        const slots = done.map((_, i) => i);
        const [active, moves] = closeGaps(slots, done);
        const memory = [...slots];
        for (const { from, to } of moves) memory[to] = memory[from] ?? -1;
        expect(memory.slice(0, active.length)).toEqual(active);
        expect([...active].sort()).toEqual(slots.filter((i) => done[i] !== true));
      }),
    );
  });
});

describe('the counter of distinct pairs', () => {
  it('agrees with the definition', () => {
    fc.assert(
      fc.property(fc.array(ids, { maxLength: 20 }), (lists) => {
        const counter = newDistinctCounter();
        for (const list of lists) counter.add(list);
        expect(counter.count()).toBe(distinctPairs(lists).size);
        expect(counter.exact()).toBe(true);
      }),
    );
  });
  it('beyond its limit it still recognises what the last sequence shares', () => {
    const counter = newDistinctCounter(4);
    for (const list of [
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 6],
      [1, 2, 3, 4, 6, 7],
    ])
      counter.add(list);
    expect(counter.exact()).toBe(false);
    expect(counter.count()).toBe(7);
  });
  it('a prefix comparison ends at the shorter list', () => {
    expect(commonPrefix([1, 2], [1, 2, 3])).toBe(2);
    expect(commonPrefix([], [1])).toBe(0);
  });
});
