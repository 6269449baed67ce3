import { describe, expect, it } from 'vitest';
import { boardCsv } from '../../src/leaderboard/csv.js';
import { boardMarkdown } from '../../src/leaderboard/markdown.js';
import { board, type MadeUp, notesOf, scores } from './results.js';

const usual: MadeUp[] = ['a', 'b', 'c'].map((model) => ({ model, scores: scores(0.5), template: 'T' }));
const odd = (more: Partial<MadeUp>): MadeUp => ({ model: 'odd', scores: scores(0.9), template: 'T', ...more });

describe('a column that mixes', () => {
  it.each([
    ['versions', odd({ version: 2 }), /mixes different measurements: odd has version 2, others 1 .*--mixed/],
    ['fingerprints', odd({ hash: 'another' }), /odd has fingerprint another, others hash of/],
    ['few-shot counts', odd({ shots: 0 }), /odd has few-shot examples: 0, others 5/],
    ['documents', odd({ documents: 10, original: 1000 }), /odd has documents: 10, others 1000/],
  ])('%s is refused, and marked cell by cell with --mixed', async (_, file, message) => {
    await expect(board([...usual, file])).rejects.toThrow(message);
    const b = await board([...usual, file], { mixed: true });
    const [a, other] = [b.models.find((m) => m.model === 'a'), b.models.find((m) => m.model === 'odd')];
    expect(Object.values(a?.cells ?? {}).every((c) => c.mark === null)).toBe(true);
    expect(Object.values(other?.cells ?? {}).every((c) => c.mark !== null)).toBe(true);
    // The odd one has by far the best numbers, but they are no fair comparison.
    expect(Object.values(other?.cells ?? {}).some((c) => c.best)).toBe(false);
    expect(other?.averages.eu).toMatchObject({ marked: true, best: false });
    expect(boardMarkdown(b)).toContain('‡ odd, eus_trivia');
    expect(
      boardCsv(b)
        .split('\n')
        .find((l) => l.startsWith('odd,')),
    ).toContain('eus_trivia: ');
  });

  it('names the columns it stands in and how many more there are', async () => {
    await expect(board([...usual, odd({ version: 2 })])).rejects.toThrow('the column eus_trivia mixes');
    await expect(board([...usual, odd({ version: 2 })])).rejects.toThrow('and 6 more columns');
  });
});

describe('a column that only looks mixed', () => {
  it('fingerprints of another chat template, of plain prompts, or of another system instruction cannot agree', async () => {
    const b = await board([
      ...usual,
      odd({ model: 'template', template: 'other', hash: 'x' }),
      odd({ model: 'plain', template: null, hash: 'y' }),
      odd({ model: 'system', hash: 'z', more: { system_instruction: 'Be brief.' } }),
    ]);
    expect(b.models.flatMap((m) => Object.values(m.cells)).every((c) => c.mark === null)).toBe(true);
  });

  it('recorded fingerprints of the paper may stand side by side; others beside them may not, whatever the prompt family', async () => {
    const records = (_: string, family: string) => (family === 'chat' ? ['old', 'new'] : family === 'plain' ? ['paper'] : []);
    const [old, young] = [odd({ model: 'old', hash: 'old' }), odd({ model: 'new', hash: 'new' })];
    const b = await board([old, young, odd({ model: 'plain', template: null, hash: 'paper' })], { records });
    expect(notesOf(b)).toContain('two revisions of its data stand side by side, as in the paper');
    await expect(board([old, young, odd({ model: 'x', hash: 'mine' })], { records })).rejects.toThrow(
      "x has fingerprint mine, others the paper's",
    );
    await expect(board([old, odd({ model: 'x', template: null, hash: 'mine' })], { records })).rejects.toThrow(
      "x has prompts that are not the paper's",
    );
  });

  it("the paper's versions 3 and 4 of MGSM are one, but not 5", async () => {
    const { COLUMNS } = await import('./results.js');
    const mgsm = COLUMNS.map((b) => ({
      ...b,
      name: b.name === 'arc_easy' ? 'mgsm_native_cot_en' : b.name,
      metricKey: b.name === 'arc_easy' ? 'exact_match,flexible-extract' : b.metricKey,
    }));
    const files = [3, 4].map((version): MadeUp => ({ model: `v${version}`, scores: { mgsm_native_cot_en: 0.5 }, version }));
    expect(notesOf(await board(files, { benchmarks: mgsm }))).toContain('versions 3, 4 stand side by side');
    await expect(board([...files, { model: 'v5', scores: { mgsm_native_cot_en: 0.5 }, version: 5 }], { benchmarks: mgsm })).rejects.toThrow(
      'v5 has version 5, others 3 or 4',
    );
  });
});

describe('results with other examples than the tasks say', () => {
  it.each([
    ['another seed of the draws', { config: { fewshot_seed: 7 } }, 'a@fewshot_seed=7'],
    ['other numbers', { eus_eval: { version: '0.1.0', settings: { '--num-fewshot': 'eus_trivia=0,piqa_eu=0' } } }, 'a@num_fewshot=0'],
    [
      'several numbers',
      { eus_eval: { version: '0.1.0', settings: { '--num-fewshot': 'eus_trivia=0,piqa_eu=3' } } },
      'a@num_fewshot=eus_trivia=0 piqa_eu=3',
    ],
  ])('%s are a row of their own, however new they are', async (_, more, name) => {
    const plain: MadeUp = { model: 'a', scores: scores(0.5), date: 1 };
    const b = await board([plain, { ...plain, scores: scores(0.9), date: 2, hash: 'another', more }], { mixed: true });
    expect(b.models.map(({ model, cells }) => [model, cells.eus_trivia?.value])).toEqual([
      ['a', 50],
      [name, 90],
    ]);
  });
});
