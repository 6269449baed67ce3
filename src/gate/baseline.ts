/** A compact baseline: per-document outcomes in bits, short hashes and the numbers, in one JSON file that a git repository can hold. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { at } from '../at.js';
import { type OpenOptions, openRun, type Run, type RunTask } from '../compare/open-run.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { makeFolder } from '../folders.js';
import { parsePlainJson, refuseProto } from '../python/plain-json.js';
import { CHECK_DIGITS, NO_BIAS, type TaskSamples } from '../results/read-samples.js';

/** Version of the format. */
const FORMAT = 1;
/** Hex digits that are kept of a document hash: 32 bits, so two documents of a 10,000-document task collide once in a hundred such tasks. */
const HASH_DIGITS = 8;
/** A margin is kept in steps of this many nats, cut at 127 steps; noise is judged near zero only. */
const MARGIN_STEP = 0.02;
const NO_MARGIN = -128;

const number = z.number();
const TASK = z.object({
  group: z.boolean(),
  values: z.record(z.string(), z.object({ value: number, stderr: number.nullable() })),
  shots: number.nullable(),
  version: z.string().nullable(),
  fingerprint: z.string().nullable(),
  documents: z.object({ original: number.nullable(), effective: number }).nullable(),
  about: z
    .object({
      headlineMetric: z.string().nullable(),
      language: z.string().nullable(),
      category: z.string().nullable(),
      describesItself: z.boolean().default(false),
    })
    .optional(),
  /** What is recorded of a metric's direction; absent in older baselines. */
  higher_is_better: z.record(z.string(), z.boolean()).optional(),
  setting: z
    .object({
      family: z.enum(['plain', 'chat', 'api']),
      template: z.string().nullable(),
      system: z.string().nullable(),
      multiturn: z.boolean(),
      variation: z.string().optional(),
    })
    .nullish(),
  samples: z
    .object({
      n: z.int().min(0),
      hashes: z.base64(),
      checks: z.base64(),
      /** One bit per document: right or wrong. */
      bits: z.record(z.string(), z.base64()),
      /** Bits of scored documents; absent where all are. */
      scored: z.record(z.string(), z.base64()),
      /** Outcomes that are not 0 or 1, as little-endian doubles. */
      numbers: z.record(z.string(), z.base64()),
      bias: z.base64().nullable(),
      margins: z.base64().nullable(),
      unscored: z.record(z.string(), number),
    })
    .nullable(),
});
const BASELINE = z.object({
  eus_eval_baseline: z.literal(FORMAT),
  model: z.string(),
  date: number,
  groups: z.record(z.string(), z.array(z.string())),
  tasks: z.record(z.string(), TASK),
});
type StoredTask = z.infer<typeof TASK>;
type StoredSamples = NonNullable<StoredTask['samples']>;

/**
 * Returns the text of a baseline of a run: eight to ten bytes for each document. Reads the run's sample files one after the other.
 */
export async function baselineText(run: Run): Promise<string> {
  const tasks: [string, StoredTask][] = [];
  for (const [name, task] of run.tasks) {
    const { result } = task;
    tasks.push([
      name,
      {
        group: result.isGroup,
        values: Object.fromEntries([...result.estimates].filter(([, e]) => Number.isFinite(e.value))),
        shots: result.nShot,
        version: result.version,
        fingerprint: result.hash,
        documents: result.samples,
        higher_is_better: Object.fromEntries(result.higherIsBetter),
        about: result.about,
        setting: task.setting,
        samples: task.samples === null ? null : pack(await task.samples()),
      },
    ]);
  }
  const content: z.infer<typeof BASELINE> = {
    eus_eval_baseline: FORMAT,
    model: run.model,
    date: run.date,
    groups: Object.fromEntries([...run.groups].map(([name, below]) => [name, [...below]])),
    tasks: Object.fromEntries(tasks),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

/**
 * Writes a baseline, complete or not at all. Throws `UserError` when the file cannot be written.
 */
export async function writeBaseline(file: string, run: Run): Promise<void> {
  const text = await baselineText(run);
  const partial = `${file}.${process.pid}.partial`;
  try {
    await makeFolder(path.dirname(file));
    await writeFile(partial, text);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new UserError(`cannot write the baseline ${file}: ${systemCode(error) ?? messageOf(error)}`);
  }
}

/**
 * Returns the run that a baseline file stores, or null when the file is no baseline. Throws `UserError` naming the field when it is a broken one.
 */
export async function readBaseline(file: string): Promise<Run | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : baselineOf(text, file);
}

/**
 * Opens one side of a comparison or gate: whatever `openRun` opens, or a stored baseline. Throws `UserError` when it is neither.
 */
export async function openSide(reference: string, options: OpenOptions = {}): Promise<Run> {
  const isFile = await stat(reference).then(
    (s) => s.isFile(),
    () => false,
  );
  return (isFile ? await readBaseline(reference) : null) ?? openRun(reference, options);
}

/**
 * Returns the run that the text of a baseline file stores, or null when it is no baseline; throws as `readBaseline` does.
 */
export function baselineOf(text: string, file: string): Run | null {
  let content: unknown;
  try {
    content = parsePlainJson(text);
  } catch {
    return null; // Not JSON: whoever reads result files says what is wrong with it.
  }
  if (typeof content !== 'object' || content === null || !('eus_eval_baseline' in content)) return null;
  try {
    refuseProto(content);
  } catch (error) {
    throw new UserError(`${file}: ${messageOf(error)}`);
  }
  const parsed = BASELINE.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'broken'}; write the baseline again with \`eus-eval gate ... --bless\``,
    );
  }
  const { model, date, groups, tasks } = parsed.data;
  return {
    reference: file,
    model,
    date,
    tasks: new Map(Object.entries(tasks).map(([name, task]) => [name, unpackTask(file, name, task)])),
    groups: new Map(Object.entries(groups)),
    newestFile: file,
    baseline: true,
  };
}

function unpackTask(file: string, name: string, task: StoredTask): RunTask {
  const { samples } = task;
  return {
    result: {
      name,
      isGroup: task.group,
      estimates: new Map(Object.entries(task.values)),
      nShot: task.shots,
      version: task.version,
      samples: task.documents,
      hash: task.fingerprint,
      higherIsBetter: new Map(Object.entries(task.higher_is_better ?? {})),
      own: null,
      about: task.about ?? { headlineMetric: null, language: null, category: null, describesItself: false },
    },
    setting: task.setting ?? null,
    file,
    source: null,
    samples: samples === null ? null : () => Promise.resolve(unpack(file, name, samples)),
  };
}

function pack(samples: TaskSamples): StoredSamples {
  const n = samples.docHashes.length;
  const bits: Record<string, string> = {};
  const scored: Record<string, string> = {};
  const numbers: Record<string, string> = {};
  for (const [key, column] of samples.outcomes) {
    if (column.every((x) => x === 0 || x === 1 || Number.isNaN(x))) {
      bits[key] = packBits(n, (i) => column[i] === 1);
      if (column.some(Number.isNaN)) scored[key] = packBits(n, (i) => !Number.isNaN(column[i]));
    } else {
      const bytes = Buffer.alloc(8 * n);
      column.forEach((x, i) => {
        bytes.writeDoubleLE(x, 8 * i);
      });
      numbers[key] = bytes.toString('base64');
    }
  }
  const margins = samples.margins;
  return {
    n,
    hashes: Buffer.from(samples.docHashes.map((h) => h.slice(0, HASH_DIGITS)).join(''), 'hex').toString('base64'),
    checks: Buffer.from(samples.checks.join(''), 'hex').toString('base64'),
    bits,
    scored,
    numbers,
    bias: samples.bias === null ? null : Buffer.from(samples.bias).toString('base64'),
    margins: margins === null ? null : Buffer.from(Int8Array.from(margins, packMargin).buffer).toString('base64'),
    unscored: Object.fromEntries(samples.unscored),
  };
}

function packMargin(margin: number): number {
  return Number.isNaN(margin) ? NO_MARGIN : Math.max(-127, Math.min(127, Math.round(margin / MARGIN_STEP)));
}

function packBits(n: number, set: (i: number) => boolean): string {
  const bytes = Buffer.alloc(Math.ceil(n / 8));
  for (let i = 0; i < n; i++) if (set(i)) bytes[i >> 3] = at(bytes, i >> 3) | (1 << (i & 7));
  return bytes.toString('base64');
}

function unpack(file: string, task: string, stored: StoredSamples): TaskSamples {
  const { n } = stored;
  const bytesOf = (text: string, bytes: number, field: string): Buffer => {
    const buffer = Buffer.from(text, 'base64');
    if (buffer.length !== bytes)
      throw new UserError(`${file}: tasks.${task}.samples.${field}: ${buffer.length} bytes; expected ${bytes} for ${n} documents`);
    return buffer;
  };
  const bitsOf = (text: string, field: string): ((i: number) => boolean) => {
    const bytes = bytesOf(text, Math.ceil(n / 8), field);
    return (i) => ((at(bytes, i >> 3) >> (i & 7)) & 1) === 1;
  };
  const outcomes = new Map<string, Float64Array>();
  for (const [key, text] of Object.entries(stored.bits)) {
    const right = bitsOf(text, `bits.${key}`);
    const present = Object.hasOwn(stored.scored, key) ? stored.scored[key] : undefined;
    const isScored = present === undefined ? () => true : bitsOf(present, `scored.${key}`);
    outcomes.set(
      key,
      Float64Array.from({ length: n }, (_, i) => (isScored(i) ? Number(right(i)) : Number.NaN)),
    );
  }
  for (const [key, text] of Object.entries(stored.numbers)) {
    const bytes = bytesOf(text, 8 * n, `numbers.${key}`);
    outcomes.set(
      key,
      Float64Array.from({ length: n }, (_, i) => bytes.readDoubleLE(8 * i)),
    );
  }
  const hex = bytesOf(stored.hashes, (n * HASH_DIGITS) / 2, 'hashes').toString('hex');
  const checks = bytesOf(stored.checks, (n * CHECK_DIGITS) / 2, 'checks').toString('hex');
  const slices = (text: string, digits: number): string[] => Array.from({ length: n }, (_, i) => text.slice(i * digits, (i + 1) * digits));
  const bias = stored.bias === null ? null : Uint8Array.from(bytesOf(stored.bias, n, 'bias'));
  const margins = stored.margins === null ? null : bytesOf(stored.margins, n, 'margins');
  return {
    task,
    path: file,
    docHashes: slices(hex, HASH_DIGITS),
    promptHashes: null,
    targetHashes: null,
    checks: slices(checks, CHECK_DIGITS),
    outcomes,
    bias: bias?.every((code) => code === NO_BIAS) ? null : bias,
    margins: margins === null ? null : Float32Array.from({ length: n }, (_, i) => unpackMargin(margins.readInt8(i))),
    unscored: new Map(Object.entries(stored.unscored)),
  };
}

function unpackMargin(steps: number): number {
  return steps === NO_MARGIN ? Number.NaN : steps * MARGIN_STEP;
}
