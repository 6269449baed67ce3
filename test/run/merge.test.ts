import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { mergeShards } from '../../src/run/merge.js';
import { type EvaluateOptions, sessionOptions } from '../../src/run/options.js';
import { runSession } from '../../src/run/session.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'merge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let clock = 1_700_000_000_000;

/** Runs one of two shards of a benchmark on the fake model. */
async function shard(index: number, more: EvaluateOptions = {}): Promise<string> {
  const options = sessionOptions({
    model: 'fake:1',
    tasks: ['eus_trivia', 'mgsm_native_cot_eu'],
    prompt: 'chat',
    shard: { index, count: 2 },
    data: packagePath('fixtures/data'),
    out: path.join(folder, 'shards'),
    journal: false,
    ...more,
  });
  const { resultsFile } = await runSession({ ...options, now: () => clock++ });
  return resultsFile ?? '';
}

const merge = (promptVariants?: string) =>
  mergeShards({ shards: path.join(folder, 'shards'), out: path.join(folder, 'merged'), promptVariants }, () => clock++);

/** Changes the lines of the sample file of eus_trivia beside a results file. */
function edit(resultsFile: string, change: (lines: string[]) => string[]): void {
  const dir = path.dirname(resultsFile);
  const file = path.join(dir, readdirSync(dir).find((name) => name.startsWith('samples_eus_trivia')) ?? '');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, `${change(lines).join('\n')}\n`);
}

describe('merge', () => {
  it.each([
    ['--no-multiturn', { fewshotAsMultiturn: false }],
    ['--system-instruction', { systemInstruction: 'Be brief.' }],
    ['--limit', { limit: 10 }],
    ['--prompt', { prompt: 'plain' }],
    ["the model's seed", { model: 'fake:2' }],
  ] as const)('refuses shards with another %s', async (name, more) => {
    await shard(0);
    await shard(1, more);
    await expect(merge()).rejects.toThrow(new RegExp(`of another run than .*: ${name} is `));
    expect(readdirSync(folder)).toEqual(['shards']);
  });

  it.each<readonly [string, (lines: string[]) => string[], RegExp]>([
    ['a document twice', (lines) => [...lines, lines[0] ?? ''], /document 0 is there twice/],
    ['a missing document', (lines) => lines.slice(1), /lacks document 0/],
    ['a document of the other shard', (lines) => lines.map((l) => l.replace('"doc_id": 3,', '"doc_id": 20,')), /lacks document 3/],
    ['a score that cannot be', (lines) => lines.map((l) => l.replace(/"acc": [01]\.0/, '"acc": 7.5')), /acc is 7\.5/],
    [
      'a score that its log-probabilities contradict',
      ([first = '', ...rest]) => [
        first.includes('"acc": 1.0') ? first.replace('"acc": 1.0', '"acc": 0.0') : first.replace('"acc": 0.0', '"acc": 1.0'),
        ...rest,
      ],
      /which its log-probabilities and its target contradict/,
    ],
    ['another prompt', (lines) => lines.map((l) => l.replace(/("prompt_hash": ")[0-9a-f]{2}/, '$100')), /other documents or prompts/],
    [
      'a failure that is none',
      (lines) => lines.map((l) => l.replace('"filter": "none",', '"filter": "none", "unscored": "tired",')),
      /unscored is "tired"/,
    ],
    ['no JSON', (lines) => ['{"doc_id": 1', ...lines], /not JSON/],
  ])('refuses a shard with %s', async (_, change, message) => {
    const file = await shard(0);
    await shard(1);
    edit(file, change);
    await expect(merge()).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual(['shards']);
  });

  it('joins shards of which some have no documents', async () => {
    for (const index of [0, 1]) expect(readFileSync(await shard(index, { limit: 1 }), 'utf8')).toContain('"shard"');
    const { outcome } = await merge();
    expect(outcome.tasks.get('eus_trivia')?.effective).toBe(1);
  });
});

describe('shards with other wordings of prompts', () => {
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it('are joined with the file that they were run with, and give what one run gives', async () => {
    const promptVariants = write('variants.yaml', 'eus_trivia: { bare: { doc_to_text: "{{question}}" } }\n');
    for (const index of [0, 1]) await shard(index, { promptVariants });
    await expect(merge()).rejects.toThrow(/run with --prompt-variants FILE; give the same file/);
    await expect(merge(write('other.yaml', 'eus_trivia: { bare: { doc_to_text: "{{question}}?" } }\n'))).rejects.toThrow(/another file/);
    const whole = await shard(0, { promptVariants, shard: undefined, out: path.join(folder, 'whole') });
    const { resultsFile } = await merge(promptVariants);
    const scores = (file: string) => {
      const { results, task_hashes, eus_eval } = JSON.parse(readFileSync(file, 'utf8'));
      return { results, task_hashes, variants: eus_eval.prompt_variants };
    };
    expect(Object.keys(scores(whole).results)).toContain('eus_trivia@bare');
    expect(scores(resultsFile)).toEqual(scores(whole));
  });

  it('are refused a file that they were not run with', async () => {
    for (const index of [0, 1]) await shard(index);
    await expect(merge(write('variants.yaml', ''))).rejects.toThrow(/the shards were run without it/);
  });
});

describe('a run', () => {
  it('keeps two models of one name apart, also where an older program made the folder', async () => {
    const first = await shard(0, { shard: undefined, name: undefined });
    const dir = path.dirname(first);
    rmSync(path.join(dir, '.model'));
    const content = JSON.parse(readFileSync(first, 'utf8'));
    writeFileSync(
      first,
      JSON.stringify({
        ...content,
        model_identity: undefined,
        eus_eval: { ...content.eus_eval, identity: { backend: 'fake', seed: '9' } },
      }),
    );
    const second = await shard(0, { shard: undefined });
    expect(path.basename(path.dirname(second))).toMatch(/^fake-1-[0-9a-f]{8}__chat$/);
    await expect(shard(0, { shard: undefined, name: 'fake-1' })).rejects.toThrow(/--name fake-1: .* holds results of another model/);
  });

  it('asks only what failed again, with and without a journal, however much failed', async () => {
    for (const journal of [true, false]) {
      const out = path.join(folder, `${journal}`);
      const result = await shard(0, { model: 'fake:1,fail=0.6', shard: undefined, out, journal, retries: 1, maxErrorRate: 1 });
      expect(result).toContain(out);
      const content = JSON.parse(readFileSync(result, 'utf8'));
      expect(content.eus_eval.work.runs).toBeGreaterThan(0);
    }
  });
});
