/** The documents that flipped, with prompt and both answers side by side: the texts are read again, for those documents only. */
import { sampleLines } from '../results/read-samples.js';
import type { Comparison } from './compare.js';
import type { Run } from './open-run.js';
import type { Flip } from './pair.js';

/** A flipped document with texts; null where a run's samples do not hold them (a stored baseline). */
export interface FlipText extends Flip {
  readonly benchmark: string;
  readonly prompt: string | null;
  readonly choices: readonly string[] | null;
  readonly target: string | null;
  readonly base: string | null;
  readonly candidate: string | null;
}

/**
 * Returns the first `most` flips of each benchmark with their texts.
 */
export async function flipTexts(comparison: Comparison, most: number): Promise<FlipText[]> {
  const found: FlipText[] = [];
  for (const row of comparison.benchmarks) {
    // Losses first: they are what one looks for.
    const flips = [...row.flips].sort((a, b) => Number(a.direction === 'up') - Number(b.direction === 'up')).slice(0, most);
    const filter = row.metric.slice(row.metric.indexOf(',') + 1);
    for (const task of new Set(flips.map((f) => f.task))) {
      const mine = flips.filter((f) => f.task === task);
      const wanted = new Set(mine.map((f) => f.docHash));
      const base = await texts(comparison.base, task, filter, wanted);
      const candidate = await texts(comparison.candidate, task, filter, wanted);
      for (const flip of mine) {
        const [b, c] = [base.get(flip.docHash), candidate.get(flip.docHash)];
        const any = c ?? b;
        found.push({
          ...flip,
          benchmark: row.benchmark,
          prompt: any?.prompt ?? null,
          choices: any?.choices ?? null,
          target: any?.target ?? null,
          base: b?.answer ?? null,
          candidate: c?.answer ?? null,
        });
      }
    }
  }
  return found;
}

interface Texts {
  readonly prompt: string | null;
  readonly choices: readonly string[] | null;
  readonly target: string | null;
  readonly answer: string;
}

async function texts(run: Run, task: string, filter: string, wanted: ReadonlySet<string>): Promise<Map<string, Texts>> {
  const found = new Map<string, Texts>();
  const source = run.tasks.get(task)?.source ?? null;
  if (source === null) return found;
  for await (const { fields } of sampleLines(source.name, source.bytes())) {
    const hash = fields.doc_hash;
    if (typeof hash !== 'string' || !wanted.has(hash) || found.has(hash)) continue;
    if ((typeof fields.filter === 'string' ? fields.filter : 'none') !== filter) continue;
    const { prompt, choices } = argumentsOf(fields.arguments);
    found.set(hash, {
      prompt,
      choices,
      target: choices?.[Number(fields.target)] ?? text(fields.target),
      answer: answerOf(fields.filtered_resps, choices),
    });
    if (found.size === wanted.size) break;
  }
  return found;
}

/** `{gen_args_0: {arg_0: prompt, arg_1: continuation}, ...}`; arg_1 is an object of settings for generated answers. */
function argumentsOf(value: unknown): { prompt: string | null; choices: string[] | null } {
  if (typeof value !== 'object' || value === null) return { prompt: null, choices: null };
  const requests: unknown[] = Object.values(value);
  let prompt: string | null = null;
  const choices: string[] = [];
  for (const request of requests) {
    if (typeof request !== 'object' || request === null) continue;
    if ('arg_0' in request && typeof request.arg_0 === 'string') prompt ??= request.arg_0;
    if ('arg_1' in request && typeof request.arg_1 === 'string') choices.push(request.arg_1.trim());
  }
  return { prompt, choices: choices.length > 0 ? choices : null };
}

/** The choice with the largest log-probability, with all of them; or the generated text after its filter. */
function answerOf(filtered: unknown, choices: readonly string[] | null): string {
  if (!Array.isArray(filtered)) return text(filtered) ?? '';
  const scores = filtered.map((item: unknown) => (Array.isArray(item) ? Number(item[0]) : Number.NaN));
  if (choices === null || scores.some(Number.isNaN)) return filtered.map((item: unknown) => text(item) ?? '').join('\n');
  const best = scores.reduce((at, score, i) => (score > (scores[at] ?? 0) ? i : at), 0);
  return `${choices[best] ?? best} (${scores.map((s) => s.toFixed(3)).join(', ')})`;
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
}
