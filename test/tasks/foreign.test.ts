import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openData } from '../../src/data/open.js';
import { packagePath } from '../../src/package-files.js';
import { messagesJson } from '../../src/prompts/fingerprint.js';
import { type PrepareOptions, prepareDocs } from '../../src/prompts/prepare.js';
import { isGroup, leavesOf } from '../../src/task-tree.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import type { ChatRenderer, PreparedDoc, Task } from '../../src/types.js';

/** What the harness made of the same files, see make-foreign.py. */
interface Expected {
  readonly prompt: string;
  readonly continuations: readonly string[] | null;
  readonly generation: { readonly until: readonly string[]; readonly max_gen_toks: number } | null;
  readonly target: number | string;
  readonly doc_hash: string;
  readonly prompt_hash: string;
  readonly target_hash: string;
}

const folder = packagePath('fixtures/tasks');
const expected: Record<string, Record<string, readonly Expected[]>> = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
const registry = await loadRegistry();

/** The stand-in for a chat template that make-foreign.py uses too. */
const renderChat: ChatRenderer = (messages, options = {}) =>
  `{"messages": ${messagesJson(messages)}, "generate": ${options.addGenerationPrompt ?? true}}`;

const VARIANTS: Record<string, PrepareOptions> = {
  plain: { family: 'plain', renderChat: null },
  'plain, instruction': { family: 'plain', renderChat: null, systemInstruction: 'Be brief.' },
  'plain, no shots': { family: 'plain', renderChat: null, numFewshot: 0 },
  'plain, first 2': { family: 'plain', renderChat: null, limit: 2 },
  chat: { family: 'chat', renderChat },
  'chat, instruction': { family: 'chat', renderChat, systemInstruction: 'Be brief.' },
  'chat, one message': { family: 'chat', renderChat, fewshotAsMultiturn: false },
};

async function collect(task: Task, options: PrepareOptions): Promise<PreparedDoc[]> {
  const source = await openData({ dir: `${folder}/data`, offline: true });
  const docs: PreparedDoc[] = [];
  for await (const doc of prepareDocs(task, source, options)) docs.push(doc);
  return docs;
}

async function leaf(name: string): Promise<Task> {
  const file = name.startsWith('entailment') ? 'entailment' : name;
  const task = (await selectTasks([`${folder}/${file}.yaml`], registry)).flatMap(leavesOf).find((x) => x.name === name);
  if (task === undefined) throw new Error(`no task ${name}`);
  return task;
}

describe('task files written for the harness give the same prompts', () => {
  for (const [name, variants] of Object.entries(expected)) {
    for (const [variant, rows] of Object.entries(variants)) {
      it(`${name}, ${variant}`, async () => {
        const options = VARIANTS[variant];
        if (options === undefined) throw new Error(`no variant ${variant}`);
        const docs = await collect(await leaf(name), options);
        expect(docs.map((doc) => doc.context)).toEqual(rows.map((row) => row.prompt));
        expect(docs.map((doc) => (doc.request.kind === 'choices' ? doc.request.continuations : null))).toEqual(
          rows.map((row) => row.continuations),
        );
        expect(docs.map((doc) => doc.target)).toEqual(rows.map((row) => row.target));
        for (const key of ['doc_hash', 'prompt_hash', 'target_hash'] as const) {
          const own = { doc_hash: 'docHash', prompt_hash: 'promptHash', target_hash: 'targetHash' } as const;
          expect(docs.map((doc) => doc[own[key]])).toEqual(rows.map((row) => row[key]));
        }
        for (const [i, doc] of docs.entries()) {
          if (doc.request.kind !== 'generate') continue;
          expect(doc.request.until).toEqual(rows[i]?.generation?.until);
          expect(doc.request.maxNewTokens).toBe(rows[i]?.generation?.max_gen_toks);
        }
      });
    }
  }

  it('every fixture is compared or included', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && !file.startsWith('_'));
    const names = new Set([...Object.keys(expected), 'entailment']);
    expect(files.map((file) => file.replace('.yaml', '')).sort()).toEqual([...names].sort());
  });

  it('reads what is not in prompts: groups, filters, metrics, tags', async () => {
    const [group] = await selectTasks([`${folder}/entailment.yaml`], registry);
    if (group === undefined || !isGroup(group)) throw new Error('no group');
    expect(group.aggregate).toEqual([{ metric: 'acc', filters: ['none'], weightBySize: true }]);
    expect(group.children.map((x) => x.name)).toEqual(['entailment_eu', 'entailment_es']);
    expect(leavesOf(group).map((task) => task.fewshot.count)).toEqual([2, 1]);
    const sums = await leaf('sums');
    expect(sums.filters.map((x) => x.name)).toEqual(['strict-match', 'flexible-extract']);
    expect(sums.filters[1]?.steps.map((x) => x.function)).toEqual(['regex', 'remove_whitespace', 'lowercase', 'take_first']);
    expect(sums.metrics[0]).toMatchObject({ metric: 'exact_match', aggregation: 'mean', higherIsBetter: true });
    const scores = ['$1,300', '1300.', 'a', 'A'].map((answer) =>
      sums.metrics[0]?.score({ outputType: 'generate_until', doc: {}, where: '', answer, references: ['1300', 'a'] }),
    );
    expect(scores).toEqual([1, 0, 1, 1]);
    expect(sums.version).toBe(2);
  });
});

describe('task files that need Python are refused, saying which function and what there is instead', () => {
  const functions: Record<string, string> = {
    python_text: 'doc_to_text: !function utils.doc_to_text',
    python_docs: 'process_docs: !function utils.process_docs',
    python_metric: 'metric_list.0.aggregation: !function metrics.weighted_mean',
  };
  for (const file of readdirSync(`${folder}/refused`).filter((x) => !x.startsWith('_'))) {
    it(file, async () => {
      const error: unknown = await selectTasks([`${folder}/refused/${file}`], registry).then(
        () => null,
        (e: unknown) => e,
      );
      expect(String(error)).toContain(functions[file.replace('.yaml', '')]);
      expect(String(error)).toContain('--hooks FILE');
      expect(String(error)).toContain('docs/task-files.md');
      expect(String(error)).not.toContain('\n');
    });
  }
});

const BASE = 'task: x\ndataset_path: made-up/sums\ntest_split: test\ndoc_to_text: "{{question}}"\ndoc_to_target: "{{answer}}"\n';

async function loadText(text: string): Promise<unknown> {
  const dir = await mkdtemp(path.join(tmpdir(), 'task-'));
  await writeFile(path.join(dir, 'x.yaml'), text);
  return selectTasks([path.join(dir, 'x.yaml')], registry);
}

describe('broken and hostile task files get one line: file, field, what is valid', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown field', `${BASE}doc_to_txt: a\n`, /x\.yaml: unknown field 'doc_to_txt'.*Did you mean doc_to_text\?/],
    ['a number as text', `${BASE}target_delimiter: 3\n`, /x\.yaml: target_delimiter: expected a text; without quotes YAML reads/],
    [
      'an output type',
      `${BASE}output_type: loglikelihoods\n`,
      /output_type: 'loglikelihoods' is not valid; valid: multiple_choice, generate_until, loglikelihood/,
    ],
    ['a metric', `${BASE}metric_list: [{metric: rouge}]\n`, /metric_list: there is no metric 'rouge'; valid: bleu, chrf, exact_match, ter/],
    [
      'a metric of the other type',
      `${BASE}metric_list: [{metric: acc}]\n`,
      /metric_list: acc does not fit generate_until; valid: bleu, chrf, exact_match/,
    ],
    ['sampling without a temperature', `${BASE}generation_kwargs: {do_sample: true}\n`, /do_sample: true needs a temperature above 0/],
    ['a temperature without sampling', `${BASE}generation_kwargs: {do_sample: false, temperature: 0.8}\n`, /contradict each other/],
    [
      'an unknown field of generation_kwargs',
      `${BASE}generation_kwargs: {temperatur: 0.8}\n`,
      /unknown field 'temperatur' in generation_kwargs\. Did you mean temperature\? Valid: until, do_sample/,
    ],
    ['sampling of nothing', `${BASE}generation_kwargs: {temperature: 0.8, top_p: 0}\n`, /generation_kwargs\.top_p: /],
    ['no task name', BASE.replace(/task: x\n/, ''), /: task: missing/],
    ['several answers', `${BASE}repeats: 5\n`, /repeats: only repeats: 1/],
    ['a filter', `${BASE}filter_list: [{name: a, filter: [{function: majority_vote}]}]\n`, /filter_list\.0\.filter\.0\.function: /],
    ['a hook', `${BASE}process_docs: my_docs\n`, /process_docs: no hook 'my_docs' among the built-in ones .*--hooks FILE/],
    ['choices missing', `${BASE}output_type: multiple_choice\n`, /doc_to_choice: missing/],
    ['no split', BASE.replace('test_split: test\n', ''), /test_split: missing/],
    ['a name that leaves its folder', BASE.replace('task: x', 'task: ../../x'), /task: a name has letters, digits/],
    ['a name like a file', BASE.replace('task: x', 'task: x.yaml'), /task: a name has letters, digits/],
    ['a name that ends with a dot', BASE.replace('task: x', 'task: x.'), /task: a name has letters, digits/],
    ['a data set that leaves its folder', BASE.replace('made-up/sums', '../../etc'), /dataset_path: /],
    ['a split that leaves its folder', BASE.replace('test_split: test', 'test_split: ../../x'), /test_split: /],
    ['a template that does not parse', BASE.replace('{{question}}', '{{question'), /doc_to_text: the template does not parse/],
    ['a Python object', `${BASE}metadata: !!python/object/apply:os.system ["true"]\n`, /not a valid task file/],
    ['a code tag', `${BASE}metadata: !js/function "() => 1"\n`, /not a valid task file/],
    ['broken YAML', 'task: [x\nfoo: "', /x\.yaml:\d+: not a valid task file/],
    ['a list', '- a\n- b\n', /a task file is a mapping/],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.replace(
        /./g,
        (c) =>
          `${c}: &${c} [${Array(9)
            .fill(`*${String.fromCharCode(c.charCodeAt(0) - 1)}`)
            .join(',')}]\n`,
      )}`,
      /alias/i,
    ],
    ['an alias inside its own anchor', `${BASE}metadata: &a {x: *a}\n`, /x\.yaml: not a valid task file: \*a stands inside/],
    ['an alias inside its own list', `${BASE}metadata: {x: &a [[1, *a]]}\n`, /\*a stands inside/],
    ['itself included', `${BASE}include: x.yaml\n`, /includes itself/],
    ['an absent file included', `${BASE}include: y.yaml\n`, /y\.yaml: no such file/],
    ['a file that is no task file included', `${BASE}include: /etc/hostname\n`, /task file/],
    ['a group inside itself', 'group: g\ntask: [g]\n', /there is no task 'g'|nested deeper|inside itself/],
    ['a group of unknown tasks', 'group: g\ntask: [eus_trivi]\n', /there is no task 'eus_trivi'.*Did you mean eus_trivia\?/],
    ['a class', 'task: t\nclass: !function task.MyTask\n', /Python/],
    ['code of a data set', `${BASE}dataset_kwargs: {data_files: /etc/passwd}\n`, /dataset_kwargs/],
    ['a prototype', `${BASE}__proto__: {polluted: 1}\n`, /__proto__/],
  ];
  for (const [what, text, message] of cases) {
    it(what, async () => {
      const error: unknown = await loadText(text).then(
        () => null,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain('UserError');
      expect(String(error)).not.toContain('\n');
    });
  }

  it('does not quote a file that an include points to', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'task-'));
    await writeFile(path.join(dir, 'secret'), 'password: "hunter2\n  - broken\n');
    await writeFile(path.join(dir, 'x.yaml'), `${BASE}include: secret\n`);
    const error: unknown = await selectTasks([path.join(dir, 'x.yaml')], registry).then(
      () => null,
      (e: unknown) => e,
    );
    expect(String(error)).toContain('secret');
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('data that do not fit a task are named with task, document and field', () => {
  const variants: readonly (readonly [string, Partial<Task>, RegExp])[] = [
    [
      'a missing field',
      { docToTarget: { kind: 'field', field: 'label' } },
      /^sums, document 0, doc_to_target: the document has no field 'label'; it has question, answer$/,
    ],
    [
      'an undefined name',
      { docToText: { kind: 'jinja', source: '{{passage}}' } },
      /^sums, document 0, doc_to_text: 'passage' is undefined$/,
    ],
    [
      'too small a pool',
      { fewshot: { count: 9, original: 9, seed: 1234, sampler: 'default', samples: [{ question: 'a', answer: 'b' }] } },
      /9 few-shot examples are drawn for 9 shots, but there are only 1/,
    ],
  ];
  for (const [what, change, message] of variants) {
    it(what, async () => {
      const task: Task = {
        ...(await leaf('sums')),
        ...change,
        ...(what === 'too small a pool' ? {} : { fewshot: { count: 0, original: 0, seed: 1234, sampler: 'default', samples: null } }),
      };
      await expect(collect(task, { family: 'plain', renderChat: null })).rejects.toThrow(message);
    });
  }
});
