import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { apiEntries, apiEntry, apiTask, hasApiForm } from '../../src/prompts/api.js';
import { promptStatus, recordedFingerprint, recordedFingerprints, taskHasher } from '../../src/prompts/fingerprint.js';
import { type PrepareOptions, prepareDocs } from '../../src/prompts/prepare.js';
import { parseJson } from '../../src/python/json.js';
import { leavesOf } from '../../src/task-tree.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { DataSource, Doc, PreparedDoc, Task } from '../../src/types.js';

const registry = await loadRegistry();

function task(name: string): Task {
  const entry = registry.entries.get(name);
  const [leaf] = entry === undefined ? [] : leavesOf(entry);
  if (leaf === undefined) throw new Error(`no ${name}`);
  return leaf;
}

/** Documents of EusTrivia's form, 2 to 5 candidates. */
function trivia(n: number): Doc[] {
  return Array.from(
    { length: n },
    (_, i) =>
      parseJson(
        JSON.stringify({ id: i, question: `Galdera ${i}?`, candidates: ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + (i % 4)), answer: i % 2 }),
      ) as Doc,
  );
}

function sourceOf(docs: readonly Doc[]): DataSource {
  return {
    description: 'made up',
    async *split() {
      yield* docs;
    },
  };
}

async function collect(t: Task, docs: readonly Doc[], options: Partial<PrepareOptions> = {}): Promise<PreparedDoc[]> {
  const prepared: PreparedDoc[] = [];
  for await (const doc of prepareDocs(t, sourceOf(docs), { family: 'plain', renderChat: null, ...options })) prepared.push(doc);
  return prepared;
}

describe('limits and shards', () => {
  it.each([1, 2, 3, 7, 40])('%i shards together are the whole, with the draws of a full run', async (count) => {
    const docs = trivia(23);
    const whole = await collect(task('eus_trivia'), docs);
    const parts: PreparedDoc[] = [];
    const sizes: number[] = [];
    for (let index = 0; index < count; index++) {
      const part = await collect(task('eus_trivia'), docs, { shard: { index, count } });
      sizes.push(part.length);
      parts.push(...part);
    }
    expect(parts.map((doc) => [doc.docId, doc.context])).toEqual(whole.map((doc) => [doc.docId, doc.context]));
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('a limit gives the first documents with the same prompts, also in shards', async () => {
    const whole = await collect(task('eus_trivia'), trivia(23));
    const some = await collect(task('eus_trivia'), trivia(23), { limit: 5 });
    expect(some.map((doc) => doc.promptHash)).toEqual(whole.slice(0, 5).map((doc) => doc.promptHash));
    const second = await collect(task('eus_trivia'), trivia(23), { limit: 5, shard: { index: 1, count: 2 } });
    expect(second.map((doc) => doc.docId)).toEqual([2, 3, 4]);
    expect(await collect(task('eus_trivia'), trivia(23), { limit: 500 })).toHaveLength(23);
  });

  it('refuses a shard that there is not', async () => {
    await expect(collect(task('eus_trivia'), trivia(9), { shard: { index: 3, count: 3 } })).rejects.toThrow(/no shard 3 of 3/);
  });

  it('streams: a split that is no few-shot pool is not held', async () => {
    let ahead = 0;
    const row = { context: 'c', question: 'q', ans0: 'a', ans1: 'b', ans2: 'c', label: 0 };
    const source: DataSource = {
      description: 'counts',
      async *split(_path, _name, split) {
        for (let i = 0; i < (split === 'train' ? 4 : 1000); i++) {
          if (split === 'test') ahead++;
          yield { ...row, question: `${split} ${i}` };
        }
      },
    };
    for await (const doc of prepareDocs(task('bbq_Age_ambig'), source, { family: 'plain', renderChat: null })) {
      expect(ahead).toBe(doc.docId + 1);
      if (doc.docId === 20) break;
    }
  });
});

describe('documents', () => {
  it('letters two to 26 candidates, and no others', async () => {
    const doc = (n: number): Doc => ({ question: 'q', candidates: Array.from({ length: n }, (_, i) => `c${i}`), answer: 0 });
    const docs = [doc(26), doc(2), doc(3), doc(4), doc(5), doc(6), doc(7)];
    const [first] = await collect(task('eus_trivia'), docs);
    expect(first?.choices?.at(-1)).toBe('Z');
    await expect(collect(task('eus_trivia'), [doc(27), ...docs])).rejects.toThrow(/eus_trivia, document 0, .*27 candidates; 2 to 26/);
    await expect(collect(task('eus_trivia'), [doc(1), ...docs])).rejects.toThrow(/1 candidates/);
  });

  it('a label outside the choices counts as wrong, never as an error or a hit', async () => {
    const docs = trivia(9).map((doc, i) => ({ ...doc, answer: i === 0 ? 7 : 0 }));
    const [first] = await collect(task('eus_trivia'), docs, { numFewshot: 0 });
    expect(first?.target).toBe(-100);
  });

  it('choices that the task file lists are no templates, as in the harness', async () => {
    const listed = { ...task('eus_trivia'), docToChoice: { kind: 'list', items: ['{{ answer }}', 'B'] } } as const;
    const [doc] = await collect(listed, trivia(9), { numFewshot: 0 });
    expect(doc?.choices).toEqual(['{{ answer }}', 'B']);
    expect(doc?.request).toMatchObject({ continuations: [' {{ answer }}', ' B'] });
  });

  it('the fingerprint sees a float that looks like an integer', async () => {
    const rows = (answer: string) =>
      Array.from(
        { length: 7 },
        (_, i) => parseJson(`{"question": "q${i}", "candidates": ["a", "b"], "answer": 0, "extra": ${answer}}`) as Doc,
      );
    const [a] = await collect(task('eus_trivia'), rows('3'));
    const [b] = await collect(task('eus_trivia'), rows('3.0'));
    expect(a?.docHash).not.toBe(b?.docHash);
    expect(a?.promptHash).toBe(b?.promptHash);
  });
});

describe('the family api', () => {
  it("is letter choice as recorded: one token, the paper's instruction, the target's letter", async () => {
    const [doc] = await collect(task('eus_trivia'), trivia(9), { family: 'api' });
    expect(doc?.request).toMatchObject({ kind: 'generate', until: [], maxNewTokens: 1 });
    expect(doc?.context[0]).toEqual({ role: 'system', content: 'Respond always with a single letter: A, B, C or D.' });
    expect([doc?.target, doc?.choices, doc?.targetHash]).toEqual([
      'A',
      null,
      '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9',
    ]);
    const asked = apiTask(task('eus_trivia'));
    expect(asked.meta.headlineMetric).toBe('exact_match,strict_match');
    expect(apiTask(asked)).toBe(asked);
  });

  it('MGSM has no instruction and 1024 tokens', async () => {
    const asked = apiTask(task('mgsm_native_cot_eu'));
    expect(asked.generation.maxNewTokens).toBe(1024);
    expect(asked.filters.map((x) => x.name)).toEqual(['flexible-extract', 'strict-match']);
  });

  it('refuses exactly the benchmarks whose choices are no letters', () => {
    const refused = registry.benchmarks.filter((x) => !leavesOf(x).every(hasApiForm)).map((x) => x.name);
    expect(refused.sort()).toEqual([
      'arc_challenge',
      'arc_easy',
      'arc_eu_challenge',
      'arc_eu_easy',
      'bl2mp',
      'piqa',
      'piqa_eu',
      'xstorycloze_en',
      'xstorycloze_es',
      'xstorycloze_eu',
    ]);
    expect(() => apiTask(task('piqa'))).toThrow(/piqa cannot be asked of an API model: its choices are texts/);
  });

  it('of a mixed choice names those that cannot be asked and the choice of the others', () => {
    const all = registry.benchmarks;
    const asked = all.filter((x) => leavesOf(x).every(hasApiForm));
    let message = '';
    try {
      apiEntries(all);
    } catch (error) {
      message = error instanceof UserError ? error.message : '';
    }
    expect(message).toMatch(
      /^10 of the 29 benchmarks cannot be asked of an API model.*: arc_eu_challenge, .*xstorycloze_es; use a local model/,
    );
    expect(message.split('--tasks ')[1]?.split(',')).toEqual(asked.map((x) => x.name));
    expect(apiEntries(asked).map((x) => x.name)).toEqual(asked.map((x) => x.name));
    expect(() => apiEntries([task('piqa'), task('piqa_eu')])).toThrow(
      /^2 of the 2 benchmarks .*: piqa, piqa_eu; use a local model or completions: instead$/,
    );
  });

  it('groups average exact match', () => {
    const group = registry.entries.get('eus_exams_eu');
    const asked = group === undefined ? null : apiEntry(group);
    expect(asked !== null && 'aggregate' in asked ? asked.aggregate : null).toEqual([
      { metric: 'exact_match', filters: ['strict_match'], weightBySize: true },
    ]);
  });

  it('chat without a template is refused', async () => {
    await expect(collect(task('eus_trivia'), trivia(9), { family: 'chat' })).rejects.toThrow(/needs a model with a chat template/);
  });
});

describe('records', () => {
  it('89 tasks in plain and chat, 39 in api; arc_eu_challenge has two in chat', () => {
    const tasks = registry.benchmarks.flatMap(leavesOf);
    const count = (family: 'plain' | 'chat' | 'api') => tasks.filter((x) => recordedFingerprint(x, family) !== null).length;
    expect([count('plain'), count('chat'), count('api')]).toEqual([89, 89, 39]);
    expect(recordedFingerprints(task('arc_eu_challenge'), 'chat')).toHaveLength(2);
  });

  it("match, differs, no record; a stranger's task of the same name has none", () => {
    const t = task('arc_eu_challenge');
    for (const hash of recordedFingerprints(t, 'chat') ?? []) expect(promptStatus(t, 'chat', hash)).toBe('match');
    expect(promptStatus(t, 'chat', 'f'.repeat(64))).toBe('differs');
    expect(promptStatus(t, 'api', 'f'.repeat(64))).toBe('no record');
    expect(promptStatus({ ...t, file: '/tmp/arc_eu_challenge.yaml' }, 'chat', 'f'.repeat(64))).toBe('no record');
  });

  it('a task with two filters lists its documents twice', () => {
    const doc = { docHash: 'a', promptHash: 'b', targetHash: 'c' };
    const [once, twice] = [taskHasher(1), taskHasher(2)];
    for (const hasher of [once, twice]) for (const x of [doc, doc]) hasher.add(x);
    // sha256("abcabc") and sha256("abcabcabcabc")
    expect(once.digest()).toBe('bbb59da3af939f7af5f360f2ceb80a496e3bae1cd87dde426db0ae40677e1c2c');
    expect(twice.digest()).toBe('f70acb68693868ebf40255cce7d053743c346ae1e9dbb69e79e26fa8852d04ec');
    expect(once.documents).toBe(2);
  });
});
