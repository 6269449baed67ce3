/**
 * How the time of a run grows: with documents, with the length of the prompt, with the size of the model, with the threads.
 *
 * usage: npx vite-node benchmarks/growth.ts --model DIR --data DIR [--more-models DIR,DIR] [--task eus_trivia] [--documents 12,24,48,96] [--shots 0,1,2,5,10] [--threads 1,2]
 *
 * Seconds are those of the evaluation without loading the model; tokens are the computed ones.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { packagePath } from '../src/package-files.js';
import { measureRun } from './watch.js';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    model: { type: 'string' },
    'more-models': { type: 'string', default: packagePath('fixtures/models/tiny-llama') },
    data: { type: 'string' },
    task: { type: 'string', default: 'eus_trivia' },
    documents: { type: 'string', default: '12,24,48,96' },
    shots: { type: 'string', default: '0,1,2,5,10' },
    threads: { type: 'string', default: '1,2' },
  },
});
const { model, data, task } = values;
if (model === undefined || data === undefined) {
  console.error('needed: --model DIR --data DIR');
  process.exit(2);
}

/** Prints one line of a table. */
async function measure(label: string, args: readonly string[]): Promise<void> {
  const { seconds, tokens, peakMb } = await measureRun(args);
  const time = seconds.evaluation - seconds.load;
  console.log(`| ${label} | ${tokens.computed} | ${time.toFixed(2)} | ${Math.round(tokens.computed / time)} | ${Math.round(peakMb)} |`);
}

function head(what: string): void {
  console.log(`\n| ${what} | tokens | seconds | tokens/s | peak MB |\n| --- | ---: | ---: | ---: | ---: |`);
}

/** Megabytes of weights. */
function size(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  return files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0) / 1e6;
}

const folder = mkdtempSync(path.join(tmpdir(), 'growth-'));
const common = ['--data', data, '--tasks', task];
head('documents');
for (const n of values.documents.split(',')) await measure(n, ['--model', model, ...common, '--limit', n]);
head('few-shot examples');
// The task's file with another number of shots, beside a copy of the files that it includes.
const home = readdirSync(packagePath('tasks')).find((name) => existsSync(packagePath(`tasks/${name}/${task}.yaml`)));
if (home === undefined) throw new Error(`no task file for ${task}`);
const family = path.join(folder, home);
cpSync(packagePath(`tasks/${home}`), family, { recursive: true });
for (const shots of values.shots.split(',')) {
  const file = path.join(family, `${task}_${shots}.yaml`);
  writeFileSync(file, stringify({ include: `${task}.yaml`, task: `${task}_${shots}`, num_fewshot: Number(shots) }));
  await measure(shots, ['--model', model, '--data', data, '--tasks', file, '--limit', '24']);
}
head('model (MB of weights)');
for (const m of [...values['more-models'].split(','), model]) {
  await measure(`${path.basename(m)} (${size(m).toFixed(0)})`, ['--model', m, ...common, '--limit', '24']);
}
head('threads');
for (const n of values.threads.split(',')) await measure(n, ['--model', model, ...common, '--limit', '24', '--threads', n]);
rmSync(folder, { recursive: true });
