/**
 * Runs the Python harness and eus-eval in turn on the same documents, same model, same precision, and writes ratios to benchmarks/RESULTS.md.
 *
 * usage: npx vite-node benchmarks/against-harness.ts --python VENV/bin/python --reference DIR --model DIR [--dtype float32] [--rounds 3] [--cases a,b] [--limit DOCUMENTS]
 *   --reference: the folder with harness.py and ../data; --model: a model folder both can read.
 *
 * Both are measured from the first prompt to the last score, without loading the model; the order alternates, the median of the rounds counts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { CASES, type Case } from './cases.js';
import { sampleFile, scoresOf } from './sample-scores.js';
import { measureRun, watch } from './watch.js';

interface Measured {
  readonly seconds: number;
  readonly peakMb: number;
  readonly scores: readonly number[];
}

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    python: { type: 'string' },
    reference: { type: 'string' },
    model: { type: 'string' },
    dtype: { type: 'string', default: 'float32' },
    'harness-dtype': { type: 'string' },
    rounds: { type: 'string', default: '3' },
    cases: { type: 'string' },
    limit: { type: 'string' },
    out: { type: 'string', default: 'benchmarks/RESULTS.md' },
  },
});
if (values.python === undefined || values.reference === undefined || values.model === undefined) {
  console.error('needed: --python VENV/bin/python --reference DIR --model DIR');
  process.exit(2);
}
const python = values.python;
const reference = values.reference;
const model = values.model;
const harnessDtype = values['harness-dtype'] ?? values.dtype;
const chosen = CASES.filter((c) => values.cases === undefined || values.cases.split(',').includes(c.name)).map((c) =>
  values.limit === undefined ? c : { ...c, limit: Number(values.limit) },
);

async function harness(c: Case): Promise<Measured> {
  const out = mkdtempSync(path.join(tmpdir(), 'harness-'));
  const args = [path.join(reference, 'harness.py'), model, out, '--data', path.join(reference, '..', 'data', c.data), '--tasks', c.task];
  args.push('--limit', String(c.limit), '--gen-limit', String(c.limit), '--attn', 'sdpa', '--batch', '1', '--dtype', harnessDtype);
  const { output, peakMb } = await watch(python, args);
  const seconds = Number(new RegExp(`^${c.task} plain ([\\d.]+)s`, 'm').exec(output)?.[1] ?? Number.NaN);
  const scores = scoresOf(path.join(out, `${c.task}.plain.jsonl`));
  rmSync(out, { recursive: true });
  return { seconds, peakMb, scores };
}

async function ours(c: Case): Promise<Measured> {
  const out = mkdtempSync(path.join(tmpdir(), 'ours-'));
  const args = ['--model', model, '--data', path.join(reference, '..', 'data', c.data), '--tasks', c.task];
  const run = await measureRun([...args, '--limit', String(c.limit), '--dtype', values.dtype], out);
  const scores = scoresOf(sampleFile(out));
  rmSync(out, { recursive: true });
  return { seconds: run.seconds.evaluation - run.seconds.load, peakMb: run.peakMb, scores };
}

const rows: { c: Case; harness: number; ours: number; memory: [number, number]; difference: number }[] = [];
for (const c of chosen) {
  const times: { harness: number[]; ours: number[] } = { harness: [], ours: [] };
  const memory: [number, number] = [0, 0];
  let difference = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    const first = round % 2 === 0 ? await harness(c) : null;
    const mine = await ours(c);
    const theirs = first ?? (await harness(c));
    times.harness.push(theirs.seconds);
    times.ours.push(mine.seconds);
    memory[0] = Math.max(memory[0], theirs.peakMb);
    memory[1] = Math.max(memory[1], mine.peakMb);
    mine.scores.forEach((x, i) => {
      difference = Math.max(difference, Math.abs(x - (theirs.scores[i] ?? Number.NaN)));
    });
  }
  rows.push({ c, harness: median(times.harness), ours: median(times.ours), memory, difference });
  const last = rows.at(-1);
  console.error(`${c.name}: harness ${last?.harness.toFixed(1)} s, eus-eval ${last?.ours.toFixed(1)} s`);
}

const total = (which: 'harness' | 'ours'): number => rows.reduce((sum, r) => sum + (r[which] / r.c.limit) * r.c.documents, 0);
const lines = rows.map(
  (r) =>
    `| ${r.c.name} | ${r.c.kind} | ${r.c.limit} | ${(r.c.limit / r.harness).toFixed(2)} | ${(r.c.limit / r.ours).toFixed(2)} | **${(r.harness / r.ours).toFixed(2)}** | ${Math.round(r.memory[0])} | ${Math.round(r.memory[1])} | ${r.difference.toExponential(1)} |`,
);
const text = `# eus-eval against the Python harness${harnessDtype === values.dtype ? '' : `, the harness in ${harnessDtype}`}

Written by \`benchmarks/against-harness.ts\`. Model ${path.basename(model)}, eus-eval in ${values.dtype}, harness (0.4.8, sdpa attention, batch 1: its fastest here) in ${harnessDtype}; median of ${values.rounds} rounds in turn,
without loading the model. Machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform} ${process.arch}.

| case | kind | documents | harness documents/s | eus-eval documents/s | ratio | harness peak MB | eus-eval peak MB | largest score difference |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}
${
  chosen.length < CASES.length
    ? ''
    : `
All 29 benchmarks, each kind weighted by the number of its documents (128,447 in all): harness ${(total('harness') / 3600).toFixed(1)} h, eus-eval ${(total('ours') / 3600).toFixed(1)} h, ratio **${(total('harness') / total('ours')).toFixed(2)}**.
`
}`;
writeFileSync(values.out, text);
console.log(text);
