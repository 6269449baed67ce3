import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { explain, explanationOf, topicList, topics } from '../../src/explain/explain.js';
import { packagePath } from '../../src/package-files.js';
import { loadRegistry, type Registry, selectTasks } from '../../src/tasks/registry.js';
import { NO_SCREEN } from '../../src/terminal/screen.js';
import { PICTURES } from '../terminal/pictures.js';

let registry: Registry;
beforeAll(async () => {
  registry = await loadRegistry();
});
const of = (word: string) => explain(word, registry.entries).replace(/\s+/g, ' ');

describe('explain', () => {
  test('every topic has a definition, a formula, a source and an example without holes', () => {
    for (const topic of topics) {
      expect(topic.formula.length, topic.name).toBeGreaterThan(0);
      expect(topic.example().length, topic.name).toBeGreaterThan(0);
      expect(topic.example().join('\n'), topic.name).not.toMatch(/NaN|undefined|null|\bnone\b|\[object/);
    }
    const names = topics.flatMap(({ name, also }) => [name, ...also]);
    expect(new Set(names).size).toBe(names.length);
  });

  // Worked by hand, so that the examples, which the real functions compute, are seen to be right.
  test.each([
    ['acc', 'right is "ura da": acc = 0'],
    ['acc_norm', 'right is "ura da": acc_norm = 1'],
    ['flexible-extract', '-> 1,300.; reference 1300: exact_match = 1'],
    ['exact_match', '"ez" for "bai": exact_match, ignore_case true, ignore_punctuation true = 0.666667'],
    ['f1', 'average "macro" = 0.5'],
    ['strict-match', '-> 13,; reference 26: exact_match = 0'],
    ['bias', '2 x "cannot be known": bias = -20'],
    ['bias', 'answered in one: bias = -50'],
    ['stderr', '0.6 with standard error 0.0492366'], // sqrt(0.6 * 0.4 / 99)
    ['group mean', 'group: 0.375, standard error 0.023377'],
    ['language average', 'average 0.65 over belebele_spa_Latn and mmlu_es'],
    ['prompts fingerprint', 'target_hash of 1 = 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b'],
    ['arena score', 'A 1073.6, B 926.405'], // 1000 +- 200 * log10(7 / 3)
    ['spearman', 'rho = 0.5'],
    ['violation rate', '1 of 3 decided = 0.333333, 95% interval 0.00840376 to 0.905701; undecided: 1'],
    ['false refusal rate', '1 of 3 decided'],
    ['agreement', "mean pairwise 0.444444, Fleiss' kappa 0.134615, Krippendorff's alpha 0.230769"],
    ['unscored', '0.606061 over 99'],
    ['p', '12 gained, 4 lost: p = 0.0768127'], // 2 * (1 + 16 + 120 + 560 + 1820) / 2^16
    ['p', '2 gained, 1 lost: p = 1'],
    ['holm', '0.03, 0.06, 0.06'], // 3 * 0.01; 2 * 0.03; the larger of that and 0.04
    ['noise', 'flipped: 1 flip is noise'],
    ['chance', '0.3125'],
    ['margin', 'margin 2.3'],
  ])('%s: %s', (word, example) => expect(of(word)).toContain(example));

  test('every benchmark and every task below it is explained with its metrics', () => {
    expect(registry.benchmarks).toHaveLength(29);
    for (const entry of registry.entries.values())
      expect(of(entry.name), entry.name).toMatch(/Data: .* Headline: .*How it is scored: ([a-z0-9_]+: |by a function)/);
    expect(of('bbq')).toMatch(/18 configurations.* 4, the first of the split train.* bias: bias score/);
    expect(of('mgsm_native_cot_es')).toContain('Filter strict-match: match number 1 of La respuesta es');
    expect(of('arc_easy')).toContain('not api');
  });

  test('names are found in any case and with blanks for underscores', () => {
    expect(of('ACC norm')).toBe(of('acc_norm'));
    expect(of("Fleiss' Kappa")).toBe(of('agreement'));
    expect(of('strict_match')).not.toBe(of('strict-match'));
    expect(explanationOf('rho')?.name).toBe('spearman');
    expect(explanationOf('bbq')).toBeNull();
  });

  test('an unknown name is an error with the nearest one', () => {
    expect(() => of('ac_norm')).toThrow(UserError);
    expect(() => of('ac_norm')).toThrow('Did you mean acc_norm?');
    expect(() => of('eus_trivial')).toThrow('Did you mean eus_trivia?');
  });

  test('every word that stands over a column of a table is explained', async () => {
    const titles = new Set<string>();
    for (const picture of Object.values(PICTURES)) {
      const lines = (await picture(NO_SCREEN)).split('\n');
      const heads = lines.filter((_, i) => /^\|-{3}/.test(lines[i + 1] ?? ''));
      for (const cell of heads.flatMap((line) => line.split('|'))) if (cell.trim() !== '') titles.add(cell.trim());
    }
    const gate = [
      'p of a loss (Holm)',
      'Detectable drop',
      'numerical noise',
      'cannot judge',
      'not judged',
      'regressed',
      'unpaired',
      'refused',
    ];
    const tests = ['McNemar', 'bootstrap', 'sign flip', 'z, unpaired', "Holm's correction", 'lower (better)', 'no significant difference'];
    const words = ['margin', 'unscored', 'cut', 'flips', 'noise', 'detectable', 'interval', 'Holm', 'chance', 'stderr', 'prompts', 'p'];
    expect(titles.size).toBeGreaterThan(15);
    for (const word of [...titles, ...gate, ...tests, ...words]) expect(() => of(word), word).not.toThrow();
  });

  test("a task of one's own is explained by its file, and lines fit the window", async () => {
    const file = packagePath('tasks/eus/eus_trivia.yaml');
    const [task] = await selectTasks([file], registry);
    if (task === undefined) throw new Error('no task');
    const text = explain(file, new Map([...registry.entries, [file, task]]), 80);
    expect(text).toContain('eus_trivia');
    for (const word of ['p', 'interval', 'bias'])
      for (const line of explain(word, registry.entries, 80).split('\n'))
        if (!line.startsWith('  ')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('the list names everything', () => {
    const list = topicList(registry.benchmarks);
    for (const { name } of [...topics, ...registry.benchmarks]) expect(list).toContain(name);
  });
});
