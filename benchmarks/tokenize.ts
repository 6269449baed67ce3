/**
 * How fast texts are tokenized: prompts that come anew, and prompts that repeat their beginning.
 *
 * usage: npx vite-node benchmarks/tokenize.ts TEXT_FILE MODEL_FOLDER...
 *
 * Prints for each tokenizer prompts and tokens per second of wall time, and per second of CPU time of all threads (which other work on the machine changes less).
 * To compare two versions, run it in a checkout of each with the same file and folders.
 */
import { readFileSync } from 'node:fs';
import { loadTokenizer } from '../src/models/tokenizer.js';

const [textFile, ...folders] = process.argv.slice(2);
if (textFile === undefined || folders.length === 0) throw new Error('usage: tokenize.ts TEXT_FILE MODEL_FOLDER...');
const corpus = readFileSync(textFile, 'utf8');
const FRESH = 600;
const SHOTS = 4000;

let state = 7;
/** A place in the text with so many characters behind it; the same series in every run. */
function place(length: number): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return state % Math.max(1, corpus.length - length);
}
function stretch(length: number): string {
  const from = place(length);
  return corpus.slice(from, from + length);
}
const fresh = Array.from({ length: 600 }, () => stretch(FRESH));
const shots = stretch(SHOTS);
const repeated = Array.from({ length: 300 }, () => `${shots}\n\nGaldera: ${stretch(200)}`);

for (const folder of folders) {
  const tokenizer = await loadTokenizer(folder);
  for (const [name, texts] of [
    ['new', fresh],
    ['repeated', repeated],
  ] as const) {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    let tokens = 0;
    // As documents with four choices are asked: five texts at a time.
    for (let i = 0; i < texts.length; i += 5) for (const ids of await tokenizer.encodeAll(texts.slice(i, i + 5))) tokens += ids.length;
    const seconds = (performance.now() - wall) / 1000;
    const used = process.cpuUsage(cpu);
    const cpuSeconds = (used.user + used.system) / 1e6;
    const per = (amount: number, time: number): string => (amount / time).toFixed(0);
    console.log(
      `${folder} ${name}: ${per(texts.length, seconds)} prompts/s, ${per(tokens, seconds)} tokens/s; by CPU time ${per(texts.length, cpuSeconds)} prompts/s, ${per(tokens, cpuSeconds)} tokens/s`,
    );
  }
}
