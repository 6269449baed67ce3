import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { ranked } from '../../src/leaderboard/order.js';
import { board, freshFolder, notesOf, scores, writeResults } from './results.js';

const model = (b: Awaited<ReturnType<typeof board>>, name: string) => b.models.find((m) => m.model === name);

describe('averages', () => {
  it('are plain means without the bias benchmark, and say so when a benchmark is missing', async () => {
    const b = await board([
      { model: 'o/whole', scores: scores(0.5, { eus_trivia: 0.8, basqbbq: 0.1 }) },
      { model: 'o/part', scores: { eus_trivia: 0.9, piqa_eu: 0.9 } },
    ]);
    const whole = model(b, 'o/whole')?.averages.eu;
    expect(whole?.value).toBeCloseTo(60, 10);
    expect(whole?.with_bias).toBeCloseTo((80 + 50 + 50 + 10) / 4, 10);
    expect(whole).toMatchObject({ present: 3, total: 3, complete: true, missing: [] });
    const se = 100 * Math.sqrt((0.8 * 0.2 + 0.25 + 0.25) / 999);
    expect(whole?.stderr).toBeCloseTo(se / 3, 10);
    expect(model(b, 'o/part')?.averages.eu).toMatchObject({
      present: 2,
      total: 3,
      complete: false,
      missing: ['mgsm_native_cot_eu'],
      best: false,
    });
    expect(model(b, 'o/part')?.averages.en).toBeNull();
    expect(ranked(b.models, 'eu').map((m) => m.model)).toEqual(['o/whole', 'o/part']);
  });

  it('show gains against a base, found by name or folder', async () => {
    const files = [
      { model: 'o/base', scores: scores(0.5) },
      { model: 'o/new', scores: scores(0.6, { arc_easy: 0.3, piqa: 0.3 }) },
    ];
    for (const base of ['o/base', 'o__base']) {
      const b = await board(files, { base });
      expect(b.base).toBe('o/base');
      expect(model(b, 'o/new')?.averages.eu?.gain).toBeCloseTo(10, 10);
      expect(model(b, 'o/new')?.averages.en?.gain).toBeCloseTo(-20, 10);
    }
    await expect(board(files, { base: 'o/bse' })).rejects.toThrow(/--base: no model 'o\/bse' .* Did you mean o\/base\?/);
  });
});

describe('the best of a column', () => {
  it('is marked only where it is significantly better than the second', async () => {
    const b = await board([
      { model: 'first', scores: { eus_trivia: 0.6, piqa_eu: 0.6 } },
      { model: 'second', scores: { eus_trivia: 0.59, piqa_eu: 0.5 } },
      { model: 'third', scores: { eus_trivia: 0.2, piqa_eu: 0.2 } },
    ]);
    expect(model(b, 'first')?.cells.piqa_eu?.best).toBe(true);
    expect(b.models.some((m) => m.cells.eus_trivia?.best)).toBe(false);
  });

  it('is nobody when it stands alone or has no standard error', async () => {
    expect((await board([{ model: 'a', scores: { piqa: 0.9 } }])).models[0]?.cells.piqa?.best).toBe(false);
  });
});

describe('several results of one model', () => {
  it('the newest counts, and a full run counts before a newer one with a limit', async () => {
    const b = await board([
      { model: 'm', scores: { piqa: 0.1 }, date: 1 },
      { model: 'm', scores: { piqa: 0.2 }, date: 3 },
      { model: 'm', scores: { piqa: 0.3 }, date: 2 },
      { model: 'm', scores: { piqa: 0.9 }, date: 9, documents: 10, original: 1000 },
    ]);
    expect(b.models[0]?.cells.piqa?.value).toBeCloseTo(20, 10);
    expect(notesOf(b)).toContain('m: 3 repeated measurements');
  });

  it('a result without a number never replaces one', async () => {
    const b = await board([
      { model: 'm', scores: { piqa: 0.1 }, date: 1 },
      { model: 'm', scores: { piqa: Number.NaN }, date: 3, more: { results: { piqa: { alias: 'piqa' } } } },
    ]);
    expect(b.models[0]?.cells.piqa?.value).toBeCloseTo(10, 10);
  });
});

describe('trial runs', () => {
  const trial = { documents: 10, original: 1000, more: { config: { limit: 10 } } };

  it('are left out with a note, never refused, beside whole runs', async () => {
    const b = await board([
      { model: 'whole', scores: { piqa: 0.2 } },
      { model: 'quick', scores: { piqa: 0.9, arc_easy: 0.5 }, ...trial },
    ]);
    expect(b.models.map((m) => m.model)).toEqual(['whole']);
    expect(notesOf(b)).toBe('2 results of trial runs with --limit left out: quick');
  });

  it('stand by themselves where there is nothing else, and say so', async () => {
    const b = await board([
      { model: 'quick', scores: { piqa: 0.9 }, ...trial },
      { model: 'quicker', scores: { piqa: 0.8 }, ...trial, documents: 5 },
    ]);
    expect(b.models.map((m) => m.cells.piqa?.partial)).toEqual([true, true]);
    expect(notesOf(b)).toContain('All results are of trial runs');
  });

  it('with a limit that leaves out nothing are whole runs', async () => {
    const b = await board([{ model: 'm', scores: { piqa: 0.9 }, more: { config: { limit: 5000 } } }]);
    expect([b.models.length, notesOf(b)]).toEqual([1, '']);
  });
});

describe('benchmarks of the user', () => {
  it('have columns when their results say where they belong', async () => {
    const about = { my_trivia: { language: 'eu', category: 'local trivia', headline_metric: 'acc' } };
    const b = await board([
      { model: 'm', scores: scores(0.5, { my_trivia: 0.4, other: 0.3 }), more: { eus_eval: { prompt: 'plain', about } } },
      { model: 'n', scores: { my_trivia: 0.6 } },
    ]);
    const column = b.benchmarks.find(({ name }) => name === 'my_trivia');
    expect(column).toMatchObject({ language: 'eu', category: 'local trivia', own: true, metricKey: 'acc,none' });
    expect(b.models.map((m) => m.cells.my_trivia?.value)).toEqual([40, 60]);
    expect(b.models[0]?.averages.eu?.total).toBe(3);
    expect(notesOf(b)).toContain('no benchmark of this leaderboard: other');
  });
});

it('a remark that several runs have is said once', async () => {
  const remark = (text: string) => ({ more: { eus_eval: { prompt: 'plain', remark: text } } });
  const b = await board([
    { model: 'a', scores: { piqa: 0.5 }, ...remark('a toy') },
    { model: 'b', scores: { piqa: 0.5 }, ...remark('a toy; without examples') },
  ]);
  expect(notesOf(b)).toBe('a, b: a toy\nb: without examples');
});

describe('facts of a model', () => {
  it('come from its files, its name, and the names file', async () => {
    const names = [
      { folder: 'HiTZ__Latxa-8B', tableName: 'Latxa 8B', arenaName: null, released: '2024-03', paper: 'https://arxiv.org/abs/1' },
    ];
    const more = (seconds: string) => ({ config: { model_num_parameters: 8e9 }, total_evaluation_time_seconds: seconds });
    const b = await board(
      [
        { model: 'HiTZ/Latxa-8B', scores: { piqa: 0.5 }, more: more('60.5'), date: 5 },
        { model: 'HiTZ/Latxa-8B', scores: { piqa_eu: 0.5 }, more: more('40'), date: 9 },
        {
          model: 'gpt-4o-2024-11-20',
          scores: { piqa: 0.5 },
          more: { model_source: 'openai', eus_eval: { prompt: 'api', work: { details: { cost_usd: 1.5 } } } },
        },
      ],
      { names },
    );
    expect(b.models.map((m) => m.facts)).toEqual([
      {
        family: 'Latxa',
        maker: 'HiTZ',
        released: '2024-03',
        link: 'https://huggingface.co/HiTZ/Latxa-8B',
        paper: 'https://arxiv.org/abs/1',
        documents: 2000,
        evaluated: 9,
        seconds: 100.5,
        usd: null,
      },
      {
        family: 'GPT',
        maker: 'OpenAI',
        released: '2024-11-20',
        link: null,
        paper: null,
        documents: 1000,
        evaluated: 1_700_000_000,
        seconds: null,
        usd: 1.5,
      },
    ]);
  });
});

describe('which files are one model', () => {
  it('revisions and adapters in one folder are models of their own', async () => {
    const b = await board([
      { model: 'o/m', scores: { piqa: 0.1 }, args: 'pretrained=o/m,dtype=bfloat16' },
      { model: 'o/m', scores: { piqa_eu: 0.2 }, args: 'pretrained=o/m,revision=main' },
      { model: 'o/m', scores: { piqa: 0.3 }, args: 'pretrained=o/m,revision=exp' },
      { model: 'o/m', scores: { piqa: 0.4 }, args: 'pretrained=o/m,peft=o/a' },
    ]);
    expect(b.models.map((m) => [m.model, Object.keys(m.cells).length])).toEqual([
      ['o/m', 2],
      ['o/m@exp', 1],
      ['o/m@peft=o/a', 1],
    ]);
  });

  it('a folder called after the model and something more names it, and an older name in it is the same model', async () => {
    const b = await board([
      { model: 'o/m', folder: 'o__m__exp', scores: { piqa: 0.1 }, args: 'revision=exp' },
      { model: 'o/Old-m', folder: 'o__m__exp', scores: { piqa_eu: 0.1 }, args: 'revision=exp' },
      { model: 'o/other', folder: 'anything', scores: { piqa: 0.1 } },
      { model: 'o/third', folder: 'anything', scores: { piqa: 0.1 } },
    ]);
    expect(b.models.map((m) => m.model)).toEqual(['o/m__exp', 'o/other', 'o/third']);
    expect(notesOf(b)).toContain('name the model o/m, o/Old-m');
  });

  it('plain and chat results are two rows', async () => {
    const b = await board([
      { model: 'm', scores: { piqa: 0.1 } },
      { model: 'm', scores: { piqa: 0.2 }, template: '{{ messages }}' },
    ]);
    expect(b.models.map((m) => m.model)).toEqual(['m (chat)', 'm (plain)']);
  });

  it('the same model in two folders given is one row', async () => {
    const dirs = [writeResults([{ model: 'o/m', scores: { piqa: 0.1 } }]), writeResults([{ model: 'o/m', scores: { piqa_eu: 0.2 } }])];
    expect((await board([], { dirs })).models).toHaveLength(1);
  });

  it('names come from a names file, and two models may not share one', async () => {
    const names = [{ folder: 'o__m', tableName: 'Shown', arenaName: 'Arena' }];
    const b = await board([{ model: 'o/m', scores: { piqa: 0.1 } }], { names });
    expect(b.models[0]).toMatchObject({ model: 'Shown', arena_name: 'Arena', folder: 'o__m' });
    const both = [...names, { folder: 'o__n', tableName: 'Shown', arenaName: null }];
    await expect(
      board(
        [
          { model: 'o/m', scores: { piqa: 0.1 } },
          { model: 'o/n', scores: { piqa: 0.1 } },
        ],
        { names: both },
      ),
    ).rejects.toThrow("two models are called 'Shown'");
  });
});

describe('a part of a benchmark', () => {
  it('is marked: a limit, unscored documents, subtasks of a group that are not there', async () => {
    const group = [
      { name: 'exams', language: 'eu', category: 'x', metricKey: 'acc,none', documents: 30, leaves: ['exam_1', 'exam_2'] } as const,
    ];
    const exams = (leaves: readonly string[]) => ({
      model: leaves.join('+'),
      scores: Object.fromEntries(['exams', ...leaves].map((t) => [t, 0.5])),
      more: { group_subtasks: { exams: leaves }, 'n-samples': Object.fromEntries(leaves.map((t) => [t, { original: 15, effective: 15 }])) },
    });
    const b = await board([exams(['exam_1', 'exam_2']), exams(['exam_1'])], { benchmarks: group, mixed: true });
    expect(b.models.map((m) => [m.model, m.cells.exams?.partial, m.cells.exams?.documents])).toEqual([
      ['exam_1', true, 15],
      ['exam_1+exam_2', false, 30],
    ]);
    const limited = await board([{ model: 'm', scores: { piqa: 0.5 }, documents: 10, original: 1000 }]);
    expect(limited.models[0]?.cells.piqa).toMatchObject({ partial: true, documents: 10 });
    const unscored = { eus_eval: { prompt: 'plain', tasks: { piqa: { prompts: 'match', scored: 995 } } } };
    expect((await board([{ model: 'm', scores: { piqa: 0.5 }, more: unscored }])).models[0]?.cells.piqa).toMatchObject({
      partial: true,
      scored: 995,
    });
  });
});

describe('what is left out', () => {
  it('shards and foreign tasks, with a note', async () => {
    const b = await board([
      { model: 'm', scores: { piqa: 0.1, my_own_task: 0.5 } },
      { model: 's', scores: { piqa: 0.1 }, more: { eus_eval: { prompt: 'plain', shard: { index: 0, count: 2 } } } },
    ]);
    expect(b.models.map((m) => m.model)).toEqual(['m']);
    expect(notesOf(b)).toContain('1 file of single shards left out');
    expect(notesOf(b)).toContain('no benchmark of this leaderboard: my_own_task');
  });

  it('members of a group of the user’s own, with the group, unless their own file says where they belong', async () => {
    const scores = { taldea: 0.4, galderak: 0.25, isila: 0.5, piqa: 0.5, bestea: 0.1, bestea_1: 0.1, 'galderak@laburra': 0.2 };
    const more = {
      group_subtasks: { taldea: ['galderak', 'isila'], bestea: ['bestea_1'] },
      configs: { galderak: { metadata: { language: 'eu', category: 'kultura' } } },
      eus_eval: { prompt: 'plain', about: { galderak: { language: 'eu', category: 'kultura', headline_metric: 'acc' } } },
    };
    const b = await board([{ model: 'm', scores, more }]);
    expect(b.models[0]?.cells.galderak?.value).toBe(25);
    expect(b.models[0]?.categories.eu.kultura).toBe(25);
    const said = notesOf(b);
    expect(said).toContain('no benchmark of this leaderboard: bestea, taldea (a column needs language and category');
    expect(said).toContain('a part or prompt variant of another: bestea_1 (bestea), galderak@laburra (galderak), isila (taldea)');
    // A group with a column counts its member; the mean of the category has it once.
    const about = Object.fromEntries(
      ['taldea', 'galderak', 'isila'].map((name) => [name, { language: 'eu', category: 'kultura', headline_metric: 'acc' }]),
    );
    const whole = await board([{ model: 'm', scores, more: { ...more, eus_eval: { prompt: 'plain', about } } }]);
    expect(whole.benchmarks.filter(({ own }) => own).map(({ name, within }) => [name, within])).toEqual([
      ['taldea', undefined],
      ['galderak', 'taldea'],
    ]);
    expect(whole.models[0]?.categories.eu.kultura).toBe(40);
  });

  it('a broken file, with a note that stands first and names it', async () => {
    const root = writeResults([
      { model: 'm', scores: { piqa: 0.5, my_own_task: 0.5 } },
      { model: 'share', scores: { piqa: 40 } },
    ]);
    mkdirSync(path.join(root, 'torn'));
    writeFileSync(path.join(root, 'torn', 'results_1.json'), '{"results": {"piqa"');
    const b = await board([], { dirs: [root] });
    expect(b.models.map((m) => m.model)).toEqual(['m']);
    expect(b.notes.map(({ key }) => key)).toEqual(['broken', 'foreign']);
    expect(notesOf(b)).toMatch(
      /^2 result files could not be read and are not on this leaderboard: share\/results_\d+\.json: results\.piqa\.acc,none: 40; expected a share from 0 to 1; torn\/results_1\.json: /,
    );
    expect(notesOf(b)).not.toContain(root);
  });

  it('nothing of a broken file: no column, no remark', async () => {
    const about = { own: { language: 'eu', category: 'x', headline_metric: 'acc' } };
    const b = await board([
      { model: 'm', scores: { piqa: 0.5 } },
      { model: 'bad', scores: { own: 40 }, more: { eus_eval: { prompt: 'plain', about, remark: 'odd' } } },
    ]);
    expect([b.benchmarks.some(({ name }) => name === 'own'), b.notes.map(({ key }) => key)]).toEqual([false, ['broken']]);
  });

  it('an empty or missing folder is one clear error, as is one of broken files', async () => {
    await expect(board([], { dirs: [freshFolder()] })).rejects.toThrow(UserError);
    await expect(board([], { dirs: ['/nowhere/at/all'] })).rejects.toThrow('no such folder: /nowhere/at/all');
    await expect(board([{ model: 'm', scores: { my_own_task: 0.5 } }])).rejects.toThrow('no result of a built-in benchmark');
    await expect(board([{ model: 'm', scores: { piqa: 40 } }])).rejects.toThrow(
      /results\.piqa\.acc,none: 40; expected a share from 0 to 1/,
    );
    await expect(
      board([
        { model: 'm', scores: { piqa: 40 } },
        { model: 'n', scores: { piqa: -1 } },
      ]),
    ).rejects.toThrow(/^none of 2 result files can be read; the first: \/.*m\/results_\d+\.json: results\.piqa/);
  });
});
