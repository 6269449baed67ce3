/**
 * Runs all 29 benchmarks at the paper's size (128,447 documents, with samples) through the fake backend under a small heap.
 *
 * usage: npx vite-node benchmarks/memory.ts [--heap 512]     prints seconds, peak memory and documents/s. Needs 1.5 GB of disk below the temporary folder.
 *
 * The documents are the made-up ones of fixtures/data, repeated with a running number up to the size of the real data sets.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packagePath } from '../src/package-files.js';
import { loadRegistry, selectTasks } from '../src/tasks/registry.js';
import type { Group, Task } from '../src/types.js';

const { values } = parseArgs({ args: process.argv.slice(2), options: { heap: { type: 'string', default: '512' } } });
const fixtures = packagePath('fixtures/data');
const folder = mkdtempSync(path.join(tmpdir(), 'memory-'));
const tasks = (await selectTasks(['all'], await loadRegistry())).flatMap(leaves);

for (const task of tasks) await enlarge(task);
const started = performance.now();
const out = path.join(folder, 'results');
const args = [
  `--max-old-space-size=${values.heap}`,
  packagePath('bin/eus-eval.js'),
  'run',
  '--model',
  'fake:1',
  '--tasks',
  'all',
  '--data',
  path.join(folder, 'data'),
  '--out',
  out,
  '--quiet',
];
const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
let peakKb = 0;
const timer = setInterval(() => {
  const status = existsSync(`/proc/${child.pid}/status`) ? readFileSync(`/proc/${child.pid}/status`, 'utf8') : '';
  peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
}, 200);
const [code] = await once(child, 'exit');
clearInterval(timer);
const seconds = (performance.now() - started) / 1000;
const documents = tasks.reduce((sum, task) => sum + (task.meta.documents ?? 0), 0);
console.log(
  `exit code ${code}; ${documents} documents in ${seconds.toFixed(0)} s (${(documents / seconds).toFixed(0)}/s), heap limit ${values.heap} MB, peak resident ${(peakKb / 1024).toFixed(0)} MB`,
);
rmSync(folder, { recursive: true });

/** Writes the splits of a task, the evaluated one with as many documents as the real data set. */
async function enlarge(task: Task): Promise<void> {
  const real = path.join(fixtures, task.datasetPath, task.datasetName);
  const source = existsSync(real) ? real : path.join(fixtures, task.datasetPath, sibling(task));
  const target = path.join(folder, 'data', task.datasetPath, task.datasetName);
  mkdirSync(target, { recursive: true });
  const evaluated = task.testSplit ?? task.validationSplit ?? 'test';
  for (const split of new Set([task.trainingSplit, task.validationSplit, task.testSplit, task.fewshotSplit])) {
    const file = path.join(source, `${split}.jsonl`);
    if (split === null || !existsSync(file)) continue;
    const rows = readFileSync(file, 'utf8')
      .split('\n')
      .filter((row) => row !== '');
    const wanted = split === evaluated ? (task.meta.documents ?? rows.length) * (task.processDocs === null ? 1 : 2.4) : rows.length;
    const name = path.join(target, `${split}.jsonl`);
    if (existsSync(name) && statSync(name).size > 0) continue;
    const stream = createWriteStream(name);
    for (let i = 0; i < wanted; i++) {
      const row = rows[i % rows.length] ?? '';
      const numbered = i < rows.length ? row : row.replace(/"(question|goal|input_sentence_1|sentence_good|context)": "/, `"$1": "(${i}) `);
      if (!stream.write(`${numbered}\n`)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
  }
}

/** A configuration of the same data set that the fixtures have. */
function sibling(task: Task): string {
  if (task.datasetPath.endsWith('EusExams')) return 'eu_opeosakiauxeu';
  const condition = task.datasetName.endsWith('_ambig') ? 'ambig' : 'disambig';
  return task.datasetPath.endsWith('basqbbq') ? `MSE_${condition}` : `SES_${condition}`;
}

function leaves(node: Group | Task): Task[] {
  return 'children' in node ? node.children.flatMap(leaves) : [node];
}
