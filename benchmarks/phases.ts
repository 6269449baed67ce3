/**
 * Where the time of a run goes: prompts, tokenizing, computing, one benchmark of each kind.
 *
 * usage: npx vite-node benchmarks/phases.ts --model DIR --data DIR [--cases bbq_Sexual_orientation_ambig:48,eus_trivia:48] [--threads N]
 *
 * Prompts and tokens are made in the main thread while the session thread computes; their seconds are measured by themselves, so the shares say what they would cost if
 * nothing ran beside them. Start to end of a run of one document says how long the first score takes at most.
 */
import { parseArgs } from 'node:util';
import { openData } from '../src/data/open.js';
import { prepareDocs } from '../src/prompts/prepare.js';
import { leavesOf } from '../src/task-tree.js';
import { loadRegistry } from '../src/tasks/registry.js';
import { measureRun } from './watch.js';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    threads: { type: 'string' },
    cases: {
      type: 'string',
      default: 'bbq_Sexual_orientation_ambig:48,eus_trivia:48,eus_exams_eu_opeosakiadmineu:24,mgsm_native_cot_en:4',
    },
  },
});
const { model, data } = values;
if (model === undefined || data === undefined) {
  console.error('needed: --model DIR --data DIR');
  process.exit(2);
}
const registry = await loadRegistry();
const common = ['--model', model, '--data', data, ...(values.threads === undefined ? [] : ['--threads', values.threads])];

/** Seconds to build the prompts of the first documents of a task. */
async function promptSeconds(task: string, limit: number): Promise<number> {
  const entry = registry.entries.get(task);
  if (entry === undefined) throw new Error(`no task ${task}`);
  const start = performance.now();
  const source = await openData({ dir: data ?? '', offline: true });
  for (const leaf of leavesOf(entry)) {
    let n = 0;
    for await (const _ of prepareDocs(leaf, source, { family: 'plain', renderChat: null })) if (++n >= limit) break;
  }
  return (performance.now() - start) / 1000;
}

console.log(
  '| benchmark | documents | prompts s | tokenizing s | computing s | loading s | whole process s | prompts and tokens, % of evaluation | tokens computed / distinct | first document after s |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const item of values.cases.split(',')) {
  const [task = '', count = '24'] = item.split(':');
  const prompts = await promptSeconds(task, Number(count));
  const run = await measureRun([...common, '--tasks', task, '--limit', count]);
  const first = await measureRun([...common, '--tasks', task, '--limit', '1']);
  const { evaluation, load, tokenize, compute, process: whole } = run.seconds;
  const share = (100 * (prompts + tokenize)) / (evaluation - load);
  const cells = [prompts, tokenize, compute, load, whole].map((s) => s.toFixed(2));
  console.log(
    `| ${task} | ${count} | ${cells.join(' | ')} | ${share.toFixed(1)} | ${(run.tokens.computed / run.tokens.distinct).toFixed(3)} | ${first.seconds.process.toFixed(1)} |`,
  );
}
