/**
 * Times eus-eval on a completions server against the Python harness's own client of such servers and against an earlier eus-eval: same server, same documents, every side on a
 * freshly started server with cold caches. Appends what it measured to a record and writes the table of all records.
 *
 * usage: npx vite-node benchmarks/servers.ts --server "COMMAND ... {port} ..." --label TEXT --model DIR --reference DIR [--python VENV/bin/python] [--before DIR]
 *                                            [--cases a,b] [--share 0.5] [--concurrent 32] [--rounds 1] [--reset PATH] [--record FILE]
 *                                            [--out benchmarks/SERVERS.md]
 *   --server: the command that serves the model on 127.0.0.1; --label: what the table calls it; --model: folder with the tokenizer.
 *   --python: the harness (0.4.8) takes part; --before: a checkout of eus-eval that is built takes part.
 *   --reference: the folder with harness.py and ../data; --share: part of the documents of benchmarks/cases.ts; --concurrent: requests of the harness in flight.
 *   --reset: all sides on one server, which is slow to start; a POST to this path empties its cache before each (vLLM in VLLM_SERVER_DEV_MODE: /reset_prefix_cache).
 *   Without --server only the table is written.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { packagePath } from '../src/package-files.js';
import { splitWords } from '../src/serve/engines.js';
import { launch } from '../src/serve/launch.js';
import { CASES, type Case } from './cases.js';
import { sampleFile, scoresOf } from './sample-scores.js';
import { measureRun, watch } from './watch.js';

const SIDES = ['harness', 'before', 'now'] as const;
type Side = (typeof SIDES)[number];

const Measured = z.object({
  server: z.string(),
  side: z.enum(SIDES),
  case: z.string(),
  documents: z.number(),
  seconds: z.number(),
  /** What eus-eval took once to find out what the server can do. */
  probing: z.number(),
  scores: z.array(z.number()),
});
type Measured = z.infer<typeof Measured>;

const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    label: { type: 'string', default: 'server' },
    model: { type: 'string', default: '' },
    reference: { type: 'string', default: '' },
    python: { type: 'string' },
    before: { type: 'string' },
    cases: { type: 'string' },
    share: { type: 'string', default: '0.5' },
    concurrent: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '1' },
    reset: { type: 'string' },
    record: { type: 'string', default: 'servers.jsonl' },
    out: { type: 'string', default: 'benchmarks/SERVERS.md' },
  },
});

const documentsOf = (c: Case): number => Math.max(2, Math.round(c.limit * Number(values.share)));
const dataOf = (c: Case): string => path.join(values.reference, '..', 'data', c.data);

/** One process of the harness for all cases with the same data and number of documents: it takes a while to start. */
async function harness(python: string, url: string, name: string, cases: readonly Case[]): Promise<Measured[]> {
  const script = fileURLToPath(new URL('./servers-harness.py', import.meta.url));
  const keyOf = (c: Case): string => `${c.data} ${documentsOf(c)}`;
  const found: Measured[] = [];
  for (const key of new Set(cases.map(keyOf))) {
    const group = cases.filter((c) => keyOf(c) === key);
    const [first] = group;
    if (first === undefined) continue;
    const out = mkdtempSync(path.join(tmpdir(), 'harness-'));
    const limit = String(documentsOf(first));
    const args = [script, path.join(values.reference, 'harness.py'), url, name, values.concurrent, values.model, out];
    args.push('--data', dataOf(first), '--tasks', group.map((c) => c.task).join(','), '--limit', limit, '--gen-limit', limit);
    const { output } = await watch(python, args);
    for (const c of group) {
      const seconds = Number(new RegExp(`^asked ${c.task} ([\\d.]+)$`, 'm').exec(output)?.[1] ?? Number.NaN);
      const scores = scoresOf(path.join(out, `${c.task}.plain.jsonl`));
      found.push({ server: values.label, side: 'harness', case: c.name, documents: documentsOf(c), seconds, probing: 0, scores });
    }
    rmSync(out, { recursive: true });
  }
  return found;
}

async function eusEval(side: Side, program: string, url: string, name: string, c: Case): Promise<Measured> {
  const out = mkdtempSync(path.join(tmpdir(), 'servers-'));
  const server = ['--model', `completions:${name}`, '--base-url', url, '--tokenizer', values.model];
  const run = await measureRun([...server, '--data', dataOf(c), '--tasks', c.task, '--limit', String(documentsOf(c))], out, program);
  const scores = scoresOf(sampleFile(out));
  rmSync(out, { recursive: true });
  const { compute: seconds, load: probing } = run.seconds;
  return { server: values.label, side, case: c.name, documents: documentsOf(c), seconds, probing, scores };
}

async function servedName(url: string): Promise<string> {
  const reply = await fetch(`${url}/models`);
  const list = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(await reply.json());
  return list.data[0]?.id ?? '';
}

/** Starts the server, measures the sides on it one after the other, and ends it. */
async function measure(sides: readonly Side[], command: readonly string[], cases: readonly Case[]): Promise<void> {
  const [program = '', ...words] = command;
  const served = await launch({
    engine: { name: 'vllm', command: program, words: [], install: '' },
    argumentsFor: (port) => words.map((word) => word.replaceAll('{port}', String(port))),
    onProgress: (line) => console.error(line),
  });
  try {
    const name = await servedName(served.url);
    for (const side of sides) {
      if (values.reset !== undefined) {
        const reply = await fetch(new URL(values.reset, served.url), { method: 'POST' });
        if (!reply.ok) throw new Error(`${values.reset}: ${reply.status}`);
      }
      if (side === 'harness') keep(await harness(values.python ?? '', served.url, name, cases));
      else {
        const entry = side === 'now' ? packagePath('bin/eus-eval.js') : path.join(values.before ?? '', 'bin', 'eus-eval.js');
        for (const c of cases) keep([await eusEval(side, entry, served.url, name, c)]);
      }
    }
  } finally {
    await served.close();
  }
}

function keep(found: readonly Measured[]): void {
  for (const one of found) {
    appendFileSync(values.record, `${JSON.stringify(one)}\n`);
    console.error(`${one.side} ${one.case}: ${one.documents} documents in ${one.seconds.toFixed(1)} s`);
  }
}

if (values.server !== undefined) {
  const cases = CASES.filter((c) => values.cases === undefined || values.cases.split(',').includes(c.name));
  const sides = SIDES.filter((side) => side === 'now' || values[side === 'harness' ? 'python' : 'before'] !== undefined);
  for (let round = 0; round < Number(values.rounds); round++) {
    const inTurn = round % 2 === 0 ? sides : sides.toReversed();
    for (const group of values.reset === undefined ? inTurn.map((side) => [side]) : [inTurn])
      await measure(group, splitWords(values.server), cases);
  }
}

const records = existsSync(values.record)
  ? readFileSync(values.record, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Measured.parse(JSON.parse(line)))
  : [];

/** Seconds of one document, the median of the rounds; null where it was not measured. */
function secondsOf(server: string, side: Side, c: Case): number | null {
  const all = records.filter((r) => r.server === server && r.side === side && r.case === c.name).map((r) => r.seconds / r.documents);
  return all.length === 0 ? null : median(all);
}

function scores(server: string, side: Side, c: Case): readonly number[] {
  return records.find((r) => r.server === server && r.side === side && r.case === c.name)?.scores ?? [];
}

function cells(server: string, c: Case): string {
  const [theirs, before, now] = SIDES.map((side) => secondsOf(server, side, c));
  const rate = (seconds: number | null | undefined): string => (seconds == null ? '' : (1 / seconds).toPrecision(3));
  const ratio = (other: number | null | undefined): string => (other == null || now == null ? '' : `**${(other / now).toFixed(1)}**`);
  const [mine, others] = [scores(server, 'now', c), scores(server, 'harness', c)];
  const same = mine.length > 0 && mine.length === others.length;
  const difference = same ? Math.max(...mine.map((x, i) => Math.abs(x - (others[i] ?? Number.NaN)))).toExponential(1) : '';
  const documents = records.find((r) => r.server === server && r.case === c.name)?.documents ?? 0;
  return `| ${c.name} | ${c.kind} | ${documents} | ${rate(theirs)} | ${rate(before)} | ${rate(now)} | ${ratio(theirs)} | ${ratio(before)} | ${difference} |`;
}

/** Seconds of all documents that some measured cases stand for; null where the side was not measured on each of them. */
function weighted(server: string, side: Side, cases: readonly Case[]): number | null {
  let sum = 0;
  for (const c of cases) {
    const seconds = secondsOf(server, side, c);
    if (seconds === null) return null;
    sum += seconds * c.documents;
  }
  return sum;
}

function section(server: string): string {
  const chosen = CASES.filter((c) => records.some((r) => r.server === server && r.case === c.name));
  const covered = chosen.reduce((sum, c) => sum + c.documents, 0);
  const [theirs, before, now] = SIDES.map((side) => weighted(server, side, chosen));
  const against = (name: string, other: number | null | undefined): string =>
    other == null || now == null ? '' : `, ${name} ${(other / 3600).toFixed(1)} h (**${(other / now).toFixed(1)}** times as long)`;
  const total =
    now == null
      ? ''
      : `\nEach case weighted by the documents of the paper that it stands for, ${covered.toLocaleString('en')} of 128,447: eus-eval ${(now / 3600).toFixed(1)} h${against('the harness', theirs)}${against('before', before)}.\n`;
  const probing = records.filter((r) => r.server === server && r.side === 'now').map((r) => r.probing);
  return `## ${server}

| case | kind | documents | harness documents/s | before documents/s | now documents/s | now : harness | now : before | largest score difference to the harness |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${chosen.map((c) => cells(server, c)).join('\n')}
${total}
Not counted: what eus-eval takes once a run to find out what the server can do, ${median(probing).toFixed(1)} s.
`;
}

const servers = [...new Set(records.map((r) => r.server))];
const text = `# eus-eval on servers

Written by \`benchmarks/servers.ts\`. Every side (the harness 0.4.8 with its \`local-completions\` client, ${values.concurrent} requests in flight; eus-eval before it scored by next tokens; eus-eval now) has a freshly
started server, or one whose prefix cache was emptied, and scores the same documents with plain prompts. Time is that of asking: for the harness from the first request to the last answer; for eus-eval building the prompts
is part of it. Each case stands for the benchmarks of its kind, as listed in \`benchmarks/cases.ts\`. Machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB,
Node ${process.versions.node}, other work going on beside it: the ratios count, not the rates.

${servers.map(section).join('\n')}`;
writeFileSync(values.out, text);
console.log(text);
