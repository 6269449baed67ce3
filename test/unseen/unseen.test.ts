/** Models and documents that resemble no sample (`make.py`), against what the reference harness gave for them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openData } from '../../src/data/open.js';
import { loadChatTemplate } from '../../src/models/chat-template.js';
import { packagePath } from '../../src/package-files.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { leavesOf } from '../../src/task-tree.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import { compare, type Expected, readGolden } from '../backends/onnx/compare.js';
import { SHARED, shared } from '../shared.js';

const FAMILIES = ['plain', 'chat'] as const;
const KEPT = packagePath('test/unseen');
const PYTHON = process.env.EUS_EVAL_PYTHON ?? '';
const live = SHARED !== null && PYTHON !== '';
if (!live)
  console.log(
    'skipped: unseen models made and scored by the harness on the spot (name a Python with it in EUS_EVAL_PYTHON; needs ../shared)',
  );

/** Names of the tasks whose goldens of a family lie in a folder. */
function tasksIn(folder: string, family: string): string[] {
  const end = `.${family}.jsonl`;
  return readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length));
}

function goldens(folder: string, family: string): Expected[] {
  return tasksIn(folder, family).flatMap((task) => readGolden(`${folder}/${task}.${family}.jsonl`, task));
}

describe('the kept models', () => {
  const models = readdirSync(`${KEPT}/models`);
  for (const family of FAMILIES) {
    it.each(models)(`%s ${family}: every score and text`, async (model) => {
      const expected = goldens(`${KEPT}/golden/${model}`, family);
      expect(expected.length).toBe(13);
      const result = await compare(`${KEPT}/models/${model}`, `${KEPT}/data`, family, expected);
      expect(result.differences).toEqual([]);
    });

    it.each(models)(`%s ${family}: every document, prompt and target`, async (model) => {
      const registry = await loadRegistry();
      const leaves = registry.benchmarks.flatMap(leavesOf);
      const source = await openData({ dir: `${KEPT}/data`, offline: true });
      const renderChat = (await loadChatTemplate(`${KEPT}/models/${model}`))?.render ?? null;
      const folder = `${KEPT}/golden/${model}`;
      for (const name of tasksIn(folder, family)) {
        const task = leaves.find((leaf) => leaf.name === name);
        if (task === undefined) throw new Error(`no task ${name}`);
        const rows = new Map<number, { doc_hash: string; prompt_hash: string; target_hash: string }>();
        for (const line of readFileSync(`${folder}/${name}.${family}.jsonl`, 'utf8').trim().split('\n')) {
          const row: { doc_id: number; doc_hash: string; prompt_hash: string; target_hash: string } = JSON.parse(line);
          rows.set(row.doc_id, row);
        }
        for await (const doc of prepareDocs(task, source, { family, renderChat, limit: rows.size })) {
          const { docHash: doc_hash, promptHash: prompt_hash, targetHash: target_hash } = doc;
          expect({ name, ...rows.get(doc.docId) }).toMatchObject({ name, doc_hash, prompt_hash, target_hash });
        }
      }
    });
  }
});

/** Variants made and scored on the spot; `EUS_EVAL_UNSEEN=name,name` picks others of `make.py`. */
const VARIANTS = (
  process.env.EUS_EVAL_UNSEEN ??
  'llama-bias-f16-shards,mistral-window,qwen2-window-old,qwen3-bias-types,gemma2-bf16-nocaps,gemma3-linear-new'
).split(',');
const TASKS = 'eus_trivia,arc_eu_easy,piqa,bl2mp,basqbbq_MSE_disambig,mgsm_native_cot_eu';

describe.skipIf(!live)('models made and scored by the harness on the spot', () => {
  let folder: string;
  function python(...args: readonly string[]): void {
    const ended = spawnSync(PYTHON, args, { encoding: 'utf8', timeout: 600_000 });
    expect(ended.status, ended.stderr.slice(-2000)).toBe(0);
  }
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'unseen-'));
    python(`${KEPT}/make.py`, folder, '--models', shared('models'), '--data', shared('data/synthetic'), '--only', VARIANTS.join(','));
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(VARIANTS)(
    '%s',
    async (name) => {
      const [model, data, out] = [`${folder}/models/${name}`, `${folder}/data`, `${folder}/golden/${name}`];
      const common = [shared('reference/harness.py'), model, out, '--data', data, '--tasks', TASKS, '--limit', '3', '--gen-limit', '1'];
      python(...common, '--batch', '1', '--threads', '1');
      const expected = goldens(out, 'plain');
      expect(expected.length).toBe(16);
      expect((await compare(model, data, 'plain', expected)).differences).toEqual([]);
    },
    900_000,
  );
});
