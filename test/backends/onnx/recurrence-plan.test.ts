import { describe, expect, it } from 'vitest';
import { FILLS_UP, parentsOfBlocks, parentsOfSegments, planRecurrence } from '../../../src/backends/onnx/recurrence-plan.js';
import { planBatch, type Sequence } from '../../../src/backends/onnx/stack.js';

const KERNEL = 4;

/** Numbers from 0 to below 1, the same for a seed (Park and Miller 1988). */
function seeded(seed: number): () => number {
  let state = seed * 7919 + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** What the graph does with a plan, with texts instead of numbers: a state is the text behind which it stands. */
function execute(parents: readonly number[], given: readonly string[], keep: readonly number[]): { rows: string[]; kept: string[] } {
  const plan = planRecurrence(parents, given.length, KERNEL, keep);
  const pool = [...given];
  const done = [''];
  for (let level = 0; level + 1 < plan.levelRows.length; level++) {
    const own = plan.rowsAt.subarray(plan.levelRows[level], plan.levelRows[level + 1]);
    const states = plan.pieceState.subarray(plan.levelPieces[level], plan.levelPieces[level + 1]);
    const length = own.length / states.length;
    const ended: string[] = [];
    for (const [b, s] of states.entries()) {
      let state = pool[s] ?? 'none';
      for (let t = 0; t < length; t++) {
        const r = own[b * length + t] ?? -1;
        if (r < parents.length) state += `,${r}`;
        done.push(state);
      }
      ended.push(state);
    }
    for (const b of plan.pieceKeep.subarray(plan.levelKeeps[level], plan.levelKeeps[level + 1])) pool.push(ended[b] ?? 'none');
  }
  return { rows: [...plan.rowPlace].map((at) => done[at] ?? 'none'), kept: [...plan.keptStates].map((s) => pool[s] ?? 'none') };
}

/** The text of each row, by following its parents. */
function texts(parents: readonly number[], given: readonly string[]): string[] {
  const out: string[] = [];
  for (const [r, parent] of parents.entries()) {
    if (parent === FILLS_UP) out.push('');
    else out.push(`${parent >= 0 ? out[parent] : given[-1 - parent]},${r}`);
  }
  return out;
}

describe('planRecurrence', () => {
  it.each(Array.from({ length: 40 }, (_, i) => i))(
    'every row continues its own text, kept states stand behind theirs (tree %d)',
    (seed) => {
      const random = seeded(seed);
      const given = ['', 'a,b,c,d', 'e,f,g'];
      const parents = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, r) => {
        const kind = random();
        if (kind < 0.1) return FILLS_UP;
        if (r === 0 || kind < 0.2) return -1 - Math.floor(random() * given.length);
        return kind < 0.8 ? r - 1 : Math.floor(random() * r);
      }).map((parent, r, all) => (parent >= 0 && all.slice(0, r)[parent] === FILLS_UP ? -1 : parent));
      const keep = parents.flatMap((parent, r) => (parent !== FILLS_UP && random() < 0.2 ? [r] : []));
      const expected = texts(parents, given);
      const { rows, kept } = execute(parents, given, keep);
      expect(rows).toEqual(expected);
      expect(kept).toEqual(keep.map((r) => expected[r]));

      // The rows before a row, from the states (which hold the last three of their text) or from the run.
      const plan = planRecurrence(parents, given.length, KERNEL, keep);
      const held = given.flatMap((text) => ['', '', '', ...text.split(',')].slice(-(KERNEL - 1)));
      const all = [...held, ...parents.keys()].map(String);
      const last = (text: string, j: number): string => ['', '', '', '', ...text.split(',')].at(-1 - j) ?? '';
      for (const [r, parent] of parents.entries())
        if (parent !== FILLS_UP) for (let j = 1; j < KERNEL; j++) expect(all[plan.taps[j - 1]?.[r] ?? -1]).toBe(last(expected[r] ?? '', j));
      const rowsOfKept = keep.flatMap((r) => Array.from({ length: KERNEL - 1 }, (_, i) => last(expected[r] ?? '', KERNEL - 2 - i)));
      expect([...plan.keptTaps].map((at) => all[at])).toEqual(rowsOfKept);
    },
  );
});

describe('trees of a run', () => {
  it('of blocks follow from the ends of subtrees', () => {
    // Prefix 0 1 (and two that fill up), a block with the tree 0 (1 (2) (3)) (4), another with one row.
    const ends = Int32Array.of(5, 4, 3, 4, 5, 0, 1, 0, 0, 0, 0, 0);
    const _ = FILLS_UP;
    expect(parentsOfBlocks(2, 4, 6, ends)).toEqual([-1, 0, _, _, 1, 4, 5, 5, 4, _, 1, _, _, _, _, _]);
    expect(parentsOfBlocks(0, 2, 2, Int32Array.of(2, 2))).toEqual([_, _, -1, 2]);
  });

  it.each(Array.from({ length: 30 }, (_, i) => i))(
    'on a stack: a text goes on only from states that were kept, over all runs and batches (%d)',
    (seed) => {
      const random = seeded(1000 + seed);
      const stem = Array.from({ length: 12 }, () => Math.floor(random() * 3));
      const sequence = (): Sequence => ({
        ids: [...stem.slice(0, 4 + Math.floor(random() * 8)), ...Array.from({ length: 3 }, () => Math.floor(random() * 3)), 9],
        targets: [0],
      });
      /** The text behind which the state of a position stands. */
      const states = new Map<number, string>();
      let known: { ids: readonly number[]; where: readonly { from: number; to: number }[] }[] = [];
      let kept: ReadonlySet<number> = new Set();
      for (let batch = 0; batch < 4; batch++) {
        const base = known[0]?.ids.length ?? 0;
        const sequences = Array.from({ length: 5 }, sequence);
        const next = sequence().ids;
        const plan = planBatch(base, known, sequences, { runTokens: 7, runRows: 9 }, { kept, next: [next] });
        for (const run of plan.runs) {
          const { parents, from } = parentsOfSegments(run.base, run.ids.length, run.segments);
          const given = ['', ...from.map((p) => states.get(p) ?? 'lost')];
          const out: string[] = [];
          for (const [r, parent] of parents.entries()) out.push(`${parent >= 0 ? out[parent] : given[-1 - parent]},${run.ids[r]}`);
          for (const p of run.keep) states.set(p, out[p - run.base] ?? 'lost');
          run.wanted.forEach(({ sequence: s }, k) => {
            const row = run.rows[run.pairs[2 * k] ?? 0] ?? 0;
            expect(out[row]).toBe(`,${sequences[s]?.ids.join(',')}`);
          });
        }
        expect(plan.kept).toEqual(new Set([...kept, ...plan.runs.flatMap((run) => [...run.keep])].filter((p) => plan.kept.has(p))));
        // The longest beginning with a state stays, as the next batch's bottom.
        const text = sequences[0];
        const where = plan.where[0] ?? [];
        const positions = where.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
        const n = positions.reduce((most, p, i) => (i < 7 && plan.kept.has(p) ? i + 1 : most), 0);
        const moved = positions.slice(0, n).map((p) => states.get(p));
        states.clear();
        for (const [i, state] of moved.entries()) if (state !== undefined) states.set(i, state);
        kept = new Set(states.keys());
        known = n === 0 ? [] : [{ ids: text?.ids.slice(0, n) ?? [], where: [{ from: 0, to: n }] }];
      }
    },
  );
});
