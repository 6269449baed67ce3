import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { explain, explanationOf, topicList, topics } from '../../src/explain/explain.js';
import { loadRegistry, type Registry } from '../../src/tasks/registry.js';

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
  ])('%s: %s', (word, example) => expect(of(word)).toContain(example));

  test('every benchmark and every task below it is explained with its metrics', () => {
    expect(registry.benchmarks).toHaveLength(29);
    for (const entry of registry.entries.values())
      expect(of(entry.name), entry.name).toMatch(/Data: .* Headline: .*How it is scored: (acc|exact_match): /);
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

  test('the list names everything', () => {
    const list = topicList(registry.benchmarks);
    for (const { name } of [...topics, ...registry.benchmarks]) expect(list).toContain(name);
  });
});
