import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../src/compare/open-run.js';
import { baselineOf, baselineText } from '../../src/gate/baseline.js';
import { policyFrom } from '../../src/gate/policy.js';
import { parsePlainJson } from '../../src/python/plain-json.js';
import { leavesOf, treeOf } from '../../src/results/group-tree.js';
import { resultFileOf } from '../../src/results/read.js';
import { readSamples } from '../../src/results/read-samples.js';
import { shardFileOf } from '../../src/run/shard-file.js';
import { docs, scratch, writeRun } from '../compare/runs.js';
import { nearJson, nearText, options, property, runs, survives, survivesLater, TIMEOUT } from './tools.js';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const FILE = 'results/m/results_2025-01-01.json';

const RESULTS = {
  results: {
    eus_trivia: { alias: 'eus_trivia', 'acc,none': 0.5, 'acc_stderr,none': 0.01 },
    group: { alias: ' - group', 'acc,none': 0.5, 'acc_stderr,none': 'N/A' },
  },
  groups: { group: { 'acc,none': 0.5 } },
  group_subtasks: { group: ['eus_trivia', 'inner'], inner: ['group'] },
  configs: { eus_trivia: { dataset_path: 'HiTZ/x', dataset_name: null, test_split: 'test', output_type: 'multiple_choice' } },
  versions: { eus_trivia: 1 },
  'n-shot': { eus_trivia: 5 },
  higher_is_better: { eus_trivia: { acc: true } },
  'n-samples': { eus_trivia: { original: 10, effective: 10 } },
  config: { model: 'hf', model_args: 'pretrained=a/b,dtype=auto', model_num_parameters: 7, limit: null },
  task_hashes: { eus_trivia: sha('x') },
  model_source: 'hf',
  model_name: 'a/b',
  model_identity: 'fake:1',
  date: 1_700_000_000.5,
  start_time: 1,
  end_time: 2,
  system_instruction: null,
  fewshot_as_multiturn: false,
  chat_template: null,
  eus_eval: {
    version: '1.0.0',
    prompt: 'plain',
    data: 'hub',
    remark: null,
    identity: { backend: 'fake' },
    settings: {},
    shard: { index: 0, count: 2 },
    selected: ['eus_trivia'],
    model_facts: {},
    tasks: {
      eus_trivia: {
        documents: 5,
        unscored: { http: 1 },
        truncated_prompts: 0,
        truncated_tokens: 0,
        doubled_bos: 0,
        unparsable: 0,
        gold_out_of_range: 0,
      },
    },
    work: {
      naiveTokens: 1,
      distinctTokens: 1,
      computedTokens: 1,
      paddingTokens: 0,
      outputRows: 1,
      runs: 1,
      seconds: { compute: 1 },
      details: {},
    },
  },
};

const line = (id: number, more: object = {}): object => ({
  doc_id: id,
  doc: { text: 'é\u2028' },
  target: '1',
  filter: 'none',
  metrics: ['acc', 'acc_norm'],
  filtered_resps: [
    ['-1.5', 'False'],
    ['-0.5', 'True'],
  ],
  doc_hash: sha(`d${id}`),
  prompt_hash: sha(`p${id}`),
  target_hash: sha(`t${id}`),
  acc: 1,
  acc_norm: 0,
  ...more,
});

describe(`${runs} hostile result files each`, () => {
  it('result files', { timeout: TIMEOUT }, async () => {
    let read = 0;
    const hostile = property(nearJson([RESULTS]), (text) => {
      const file = survives(() => resultFileOf(parsePlainJson(text), FILE));
      if (file === null) return;
      read++;
      for (const [name, task] of file.tasks) {
        for (const { value, stderr } of task.estimates.values())
          if (typeof value !== 'number' || !(stderr === null || (stderr >= 0 && Number.isFinite(stderr)))) throw new Error('estimate');
        leavesOf(name, file.groupSubtasks);
      }
      if (!Number.isFinite(file.date) || file.modelName === '') throw new Error('date or name');
    });
    await fc.assert(hostile, options);
    expect(read).toBeGreaterThan(runs / 10);
  });

  it('groups that hold one another: work by the number of names, not of ways', { timeout: TIMEOUT }, async () => {
    const hostile = property(fc.array(fc.array(fc.nat(14), { maxLength: 40 }), { minLength: 1, maxLength: 12 }), (below) => {
      const groups = new Map(below.map((names, i) => [`g${i}`, names.map((n) => `g${n}`)]));
      const tree = treeOf('g0', groups);
      expect(new Set(tree).size).toBe(tree.length);
      expect(leavesOf('g0', groups).every((name) => (groups.get(name) ?? []).length === 0)).toBe(true);
    });
    await fc.assert(hostile, options);
  });

  it('sample files', { timeout: TIMEOUT }, async () => {
    const lines = [
      line(0),
      line(1, { bias: { condition: 'ambig', answer: 'biased' }, metrics: ['bias'] }),
      line(2, { unscored: 'http', metrics: [] }),
    ];
    let read = 0;
    const hostile = property(fc.array(nearJson(lines), { minLength: 1, maxLength: 2 }), fc.nat(200), async (changed, cut) => {
      const bytes = Buffer.from([JSON.stringify(line(9)), ...changed].join('\n'));
      async function* chunks(): AsyncGenerator<Buffer> {
        yield bytes.subarray(0, cut);
        yield bytes.subarray(cut);
      }
      const samples = await survivesLater(() => readSamples('samples.jsonl', 't', chunks()));
      if (samples === null) return;
      read++;
      const n = samples.docHashes.length;
      if (n < 1 || n > 3 || samples.checks.length !== n) throw new Error(`${n} documents`);
      for (const column of samples.outcomes.values()) if (column.length !== n) throw new Error('column');
    });
    await fc.assert(hostile, options);
    expect(read).toBeGreaterThan(runs / 20);
  });

  it('results of shards', { timeout: TIMEOUT }, async () => {
    let read = 0;
    const hostile = property(nearJson([RESULTS]), (text) => {
      const shard = survives(() => shardFileOf(parsePlainJson(text), FILE));
      if (shard === null) return;
      read++;
      if (!(shard.index < shard.count) || shard.count > 999_999) throw new Error(`shard ${shard.index} of ${shard.count}`);
      for (const task of Object.values(shard.tasks)) if (!(task.documents >= 0 && task.original >= 0)) throw new Error('documents');
    });
    await fc.assert(hostile, options);
    expect(read).toBeGreaterThan(runs / 20);
  });

  it('blessed baselines', { timeout: TIMEOUT }, async () => {
    const folder = writeRun(scratch(), {
      tasks: [
        { name: 'a', docs: docs(20, 0.5).map((d, i) => ({ ...d, margin: i / 10, ...(i === 3 ? { score: null } : {}) })) },
        { name: 'b', docs: docs(9, 0.5).map((d) => ({ ...d, score: 0.5, bias: { condition: 'ambig', answer: 'counter' } })) },
      ],
      groups: { g: ['a', 'b'] },
    });
    const content: unknown = JSON.parse(await baselineText(await openRun(folder)));
    let read = 0;
    const hostile = property(nearJson([content]), async (text) => {
      const run = survives(() => baselineOf(text, 'baseline.json'));
      for (const [name, task] of run?.tasks ?? []) {
        leavesOf(name, run?.groups ?? new Map());
        const unpack = task.samples;
        if (unpack === null) continue;
        // What is wrong inside is said when it is needed; a promise that is never awaited may not throw at once.
        const samples = await survivesLater(async () => unpack());
        if (samples === null) continue;
        read++;
        const n = samples.docHashes.length;
        if ([...samples.outcomes.values()].some((column) => column.length !== n) || samples.checks.length !== n) throw new Error('columns');
      }
    });
    await fc.assert(hostile, options);
    expect(read).toBeGreaterThan(runs / 10);
  });

  it('policies of the gate', { timeout: TIMEOUT }, async () => {
    const policy = {
      allowed_drop: 0.5,
      significance: 0.05,
      unscored: 1,
      required: ['eus_trivia'],
      baseline_age_days: 30,
      detectable: null,
      noise_nats: 0.01,
      benchmarks: { eus_trivia: { floor: 30, judge: true }, piqa: { allowed_drop: 1 } },
      languages: { eu: { allowed_drop: 0.2 } },
      groups: { all: { benchmarks: ['eus_trivia', 'piqa'] } },
    };
    const yaml = 'allowed_drop: 0.5\nbenchmarks: &b\n  eus_trivia: {floor: 30}\nlanguages:\n  eu:\n    floor: 10\n';
    const PIECES = [
      '\n',
      '  ',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&b ',
      '*b',
      '<<: *b',
      '!!js ',
      '!x ',
      '.nan',
      '-.inf',
      '1e400',
      '__proto__: ',
      'constructor',
      '"',
      "'",
      '---\n',
      '? ',
      '\u0000',
      'eus_trivia',
    ];
    const hostile = property(fc.oneof(nearJson([policy]), nearText([yaml], PIECES)), (text) => {
      const read = survives(() => policyFrom(text, 'policy.yaml', ['eus_trivia', 'piqa']));
      if (read === null) return;
      for (const n of [read.allowed_drop, read.significance, read.unscored, read.noise_nats])
        if (!(n >= 0 && Number.isFinite(n))) throw new Error(`${n}`);
      for (const name of Object.keys(read.benchmarks)) if (name !== 'eus_trivia' && name !== 'piqa') throw new Error(name);
    });
    await fc.assert(hostile, options);
  });
});
