/**
 * Builds all prompts of a benchmark of BasqBBQ's size (16 tasks, 43,240 documents) from made-up rows, and has the Python harness do the same.
 *
 * usage: npx vite-node benchmarks/prompt-building.ts [--python VENV/bin/python] [--rounds 3] [--compare-on basqbbq_Adin_ambig]
 *
 * All documents are built on our side; the two programs are compared on one task (or more, by commas), because the harness needs minutes for all.
 * Processor seconds, so that a busy machine does not matter much.
 *
 * Measured from opening the data files to the last prompt, hashes included on our side (the harness takes them later). The heap is the largest
 * V8 heap seen, sampled every 2,000 documents; `NODE_OPTIONS=--max-old-space-size=512` shows that it is enough.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { openData } from '../src/data/open.js';
import { loadChatTemplate } from '../src/models/chat-template.js';
import { packagePath } from '../src/package-files.js';
import { prepareDocs } from '../src/prompts/prepare.js';
import { leavesOf } from '../src/task-tree.js';
import { loadRegistry } from '../src/tasks/registry.js';
import type { PromptFamily, Task } from '../src/types.js';

/** Writes as many documents as the paper's data have: the fixture's rows over and over, with a number in the question so that no two are equal. */
function writeData(folder: string, tasks: readonly Task[]): number {
  const fixture = packagePath('fixtures/data/HiTZ/basqbbq/Adin_ambig');
  const rows = readFileSync(`${fixture}/test.jsonl`, 'utf8').trim().split('\n');
  let total = 0;
  for (const task of tasks) {
    const target = path.join(folder, task.datasetPath, task.datasetName);
    mkdirSync(target, { recursive: true });
    writeFileSync(path.join(target, 'train.jsonl'), readFileSync(`${fixture}/train.jsonl`));
    const n = task.meta.documents ?? 0;
    const lines = Array.from({ length: n }, (_, i) => (rows[i % rows.length] ?? '').replace('"question": "', `"question": "${i} `));
    writeFileSync(path.join(target, 'test.jsonl'), `${lines.join('\n')}\n`);
    total += n;
  }
  return total;
}

interface Measured {
  readonly seconds: number;
  readonly documents: number;
  readonly characters: number;
  readonly heap: number;
}

async function build(folder: string, tasks: readonly Task[], family: PromptFamily): Promise<Measured> {
  const template = family === 'chat' ? await loadChatTemplate(packagePath('fixtures/prompts/templates/dated')) : null;
  const start = process.cpuUsage();
  const source = await openData({ dir: folder, offline: true });
  let [documents, characters, heap] = [0, 0, 0];
  for (const task of tasks) {
    for await (const doc of prepareDocs(task, source, { family, renderChat: template?.render ?? null })) {
      if (typeof doc.context === 'string') characters += doc.context.length;
      if (++documents % 2000 === 0) heap = Math.max(heap, process.memoryUsage().heapUsed);
    }
  }
  const { user, system } = process.cpuUsage(start);
  return { seconds: (user + system) / 1e6, documents, characters, heap };
}

function harness(python: string, folder: string, family: string, names: readonly string[]): { seconds: number; characters: number } {
  const script = packagePath('benchmarks/prompt-building.py');
  const out = execFileSync(python, [script, folder, family, packagePath('.'), ...names], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(out);
}

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'compare-on': { type: 'string', default: 'basqbbq_Adin_ambig' },
  },
});
const registry = await loadRegistry();
const group = registry.entries.get('basqbbq');
const tasks = group === undefined ? [] : leavesOf(group);
const names = values['compare-on'].split(',');
const folder = mkdtempSync(path.join(tmpdir(), 'prompts-'));
try {
  writeData(folder, tasks);
  for (const family of ['plain', 'chat'] as const) {
    const all = await build(folder, tasks, family);
    process.stdout.write(
      `${family}: ${all.documents} documents in ${all.seconds.toFixed(1)} s of processor, heap at most ${(all.heap / 2 ** 20).toFixed(0)} MB\n`,
    );
    if (values.python === undefined) continue;
    const some = tasks.filter((task) => names.includes(task.name));
    const ours: Measured[] = [];
    const theirs: { seconds: number; characters: number }[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      ours.push(await build(folder, some, family));
      theirs.push(harness(values.python, folder, family, names));
    }
    const [mine, other] = [median(ours.map((x) => x.seconds)), median(theirs.map((x) => x.seconds))];
    const same = theirs.every((x) => x.characters === ours[0]?.characters) ? 'prompts of the same length' : 'OTHER PROMPTS';
    process.stdout.write(
      `${family}, ${ours[0]?.documents} documents: ${mine.toFixed(2)} s, harness ${other.toFixed(2)} s, ratio ${(other / mine).toFixed(1)} (${same})\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
