import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillRun, type Layout, layOut, layOutPrompts, type PackedRun } from '../../../src/backends/onnx/packed-layout.js';
import { FAR } from '../../../src/backends/onnx/packed-masks.js';
import { bestOrder, documentsForRun, type PlannedDocument, shapeOf } from '../../../src/backends/onnx/packed-plan.js';
import type { Sequence } from '../../../src/backends/onnx/stack.js';

/** About that of a model of eight billion weights. */
const KEY_COST = 1 / 5000;

/** The tokens that a row of a run sees, in the order of their positions, by the rules that `packed-masks.ts` states; null where two have one position. */
function seenBy(run: PackedRun, layout: Layout, row: number): number[] | null {
  const { prefixRows, length } = layout;
  const columns: { position: number; id: number }[] = [];
  run.prefixColumns.forEach((position, i) => {
    const visible = row < prefixRows ? position <= (run.positions[row] ?? 0) : position < FAR;
    if (visible) columns.push({ position, id: run.ids[i] ?? 0 });
  });
  if (row >= prefixRows) {
    const block = Math.floor((row - prefixRows) / length);
    const own = (row - prefixRows) % length;
    for (let j = 0; j <= own; j++) {
      const at = block * length + j;
      if (own < (run.ends[at] ?? 0)) columns.push({ position: run.positions[prefixRows + at] ?? 0, id: run.ids[prefixRows + at] ?? 0 });
    }
  }
  columns.sort((a, b) => a.position - b.position);
  return columns.every((c, i) => c.position === i) ? columns.map((c) => c.id) : null;
}

/** Texts over few tokens, so that they share beginnings of all lengths. */
const texts = fc
  .array(
    fc.record({
      head: fc.integer({ min: 0, max: 3 }),
      tail: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 30 }),
      scored: fc.nat(),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((list) =>
    list.map(({ head, tail, scored }): Sequence => {
      const ids = [...Array<number>(head * 20).fill(1), ...tail];
      const count = 1 + (scored % Math.min(5, ids.length));
      return { ids, targets: Array.from({ length: count }, (_, i) => 100 + i) };
    }),
  );

describe('the layout of a packed run', () => {
  it('every scored row sees exactly the tokens of its text, in order', () => {
    fc.assert(
      fc.property(texts, (sequences) => {
        const layout = layOut(sequences, KEY_COST);
        const run = fillRun(sequences, layout);
        const answered = new Set<string>();
        run.wanted.forEach((w, k) => {
          const sequence = sequences[w.sequence];
          if (sequence === undefined) throw new Error('a text that was not asked for');
          const row = run.rows[run.pairs[2 * k] ?? 0] ?? 0;
          const end = sequence.ids.length - sequence.targets.length + w.target + 1;
          expect(seenBy(run, layout, row)).toEqual(sequence.ids.slice(0, end));
          expect(run.pairs[2 * k + 1]).toBe(sequence.targets[w.target]);
          answered.add(`${w.sequence}:${w.target}`);
        });
        expect(answered.size).toBe(sequences.reduce((sum, s) => sum + s.targets.length, 0));
        expect(new Set(run.rows).size).toBe(run.rows.length);
      }),
    );
  });

  it('counts what it computes, fills up to whole blocks, and never computes more than every text by itself', () => {
    fc.assert(
      fc.property(texts, (sequences) => {
        const layout = layOut(sequences, KEY_COST);
        const run = fillRun(sequences, layout);
        expect(run.tokens + run.padding).toBe(run.ids.length);
        expect(run.ids.length).toBe(layout.prefixRows + layout.blocks.length * layout.length);
        expect(layout.blocks.flat().sort((a, b) => a - b)).toEqual([...sequences.keys()]);
        expect(run.tokens).toBeLessThanOrEqual(sequences.reduce((sum, s) => sum + s.ids.length, 0));
        expect(run.tokens).toBeGreaterThanOrEqual(distinct(sequences));
        expect(shapeOf(layout, sequences).scored).toBeGreaterThanOrEqual(run.rows.length);
      }),
    );
  });

  it('prompts that go on have a block each, in the order given', () => {
    fc.assert(
      fc.property(texts, (sequences) => {
        const prompts = sequences.map((s) => s.ids);
        const layout = layOutPrompts(prompts);
        const run = fillRun(
          prompts.map((ids) => ({ ids, targets: [0] })),
          layout,
        );
        prompts.forEach((ids, b) => {
          const row = layout.prefixRows + b * layout.length + ids.length - layout.prefix - 1;
          expect(seenBy(run, layout, row)).toEqual(ids);
        });
      }),
    );
  });
});

/** Distinct (prefix, token) pairs. */
function distinct(sequences: readonly Sequence[]): number {
  const seen = new Set<string>();
  for (const { ids } of sequences) {
    let path = '';
    for (const id of ids) {
      path += `${id},`;
      seen.add(path);
    }
  }
  return seen.size;
}

/** A document with this context and continuations. */
function document(context: readonly number[], continuations: readonly (readonly number[])[]): PlannedDocument {
  const sequences = continuations.map((c) => ({ ids: [...context, ...c.slice(0, -1)], targets: c }));
  const tokens = context.length + continuations.reduce((sum, c) => sum + c.length - 1, 0);
  return { ids: sequences[0]?.ids ?? [], tokens, sequences };
}
const filled = (length: number, id: number): number[] => Array<number>(length).fill(id);
const few = { rows: 100_000, bytes: Number.POSITIVE_INFINITY, bytesOf: () => 0, keyCost: KEY_COST };

describe('how many documents go into a run', () => {
  const shots = filled(800, 7);
  const constantShots = Array.from({ length: 200 }, (_, i) => document([...shots, 1000 + i, ...filled(60, 5)], [[1], [2], [3]]));

  it('all that share their shots, up to the rows and the memory that there are', () => {
    expect(documentsForRun(constantShots, few)).toBe(200);
    const count = documentsForRun(constantShots, { ...few, rows: 3000 });
    const sequences = constantShots.slice(0, count).flatMap((d) => d.sequences);
    expect(fillRun(sequences, layOut(sequences, KEY_COST)).ids.length).toBeLessThanOrEqual(3000);
    expect(count).toBeGreaterThan(25);
    const byMemory = documentsForRun(constantShots, { ...few, bytes: 5000, bytesOf: (r) => r.prefix + r.blocks * r.length });
    expect(byMemory).toBeGreaterThan(40);
    expect(byMemory).toBeLessThan(70);
  });

  it('not those of another task, whose shots would take all sharing away', () => {
    const other = Array.from({ length: 50 }, (_, i) => document([...filled(800, 8), 1000 + i, ...filled(60, 5)], [[1], [2]]));
    expect(documentsForRun([...constantShots, ...other], few)).toBe(200);
  });

  it('documents that share nothing, too, because a card wants many rows', () => {
    const apart = Array.from({ length: 30 }, (_, i) => document(filled(300, i), [[1], [2]]));
    expect(documentsForRun(apart, few)).toBe(30);
  });

  it('one at least, whatever it costs', () => {
    expect(documentsForRun(constantShots, { ...few, rows: 1, bytes: 0, bytesOf: () => 1 })).toBe(1);
  });

  it('where documents share little, those of one length go together; where they share much, neighbours', () => {
    const lengths = [300, 500, 310, 480, 305, 700];
    const apart = lengths.map((length, i) => document(filled(length, i), [[1], [2]]));
    const ordered = bestOrder(apart).map((d) => d.tokens);
    expect(ordered).toEqual([300, 305, 310, 480, 500, 700]);
    expect(bestOrder(constantShots)).toEqual(constantShots);
    expect(bestOrder([])).toEqual([]);
  });
});
