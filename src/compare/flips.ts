/** The documents that flipped, with prompt and both answers side by side: the texts are read again, for those documents only. */
import { at } from '../at.js';
import { recordedChoice, recordedScores } from '../metrics/recorded-choice.js';
import { fieldsAt, textOrNull } from '../results/fields.js';
import { sampleLines } from '../results/read-samples.js';
import { partsOfKey } from '../results/score-key.js';
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
    for (const task of new Set(flips.map((f) => f.task))) {
      const mine = flips.filter((f) => f.task === task);
      const wanted = new Set(mine.map((f) => f.docHash));
      const base = await texts(comparison.base, task, row.metric, wanted);
      const candidate = await texts(comparison.candidate, task, row.metric, wanted);
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

async function texts(run: Run, task: string, key: string, wanted: ReadonlySet<string>): Promise<Map<string, Texts>> {
  const found = new Map<string, Texts>();
  const source = run.tasks.get(task)?.source ?? null;
  if (source === null) return found;
  const [metric, filter] = partsOfKey(key);
  for await (const { fields } of sampleLines(source.name, source.bytes())) {
    const hash = fields.doc_hash;
    if (typeof hash !== 'string' || !wanted.has(hash) || found.has(hash)) continue;
    if ((typeof fields.filter === 'string' ? fields.filter : 'none') !== filter) continue;
    const metrics: readonly unknown[] = Array.isArray(fields.metrics) ? fields.metrics : [];
    const { prompt, continuations } = argumentsOf(fields.arguments);
    // Mutual information asks for each choice a second time, behind an empty prompt.
    const choices = metrics.includes('acc_mutual_info') ? continuations.slice(0, continuations.length / 2) : continuations;
    found.set(hash, {
      prompt,
      choices: choices.length > 0 ? choices : null,
      target: choices[Number(fields.target)] ?? text(fields.target),
      answer: answerOf(fields.filtered_resps, choices, metric, metrics.includes('bias')),
    });
    if (found.size === wanted.size) break;
  }
  return found;
}

/** `{gen_args_0: {arg_0: prompt, arg_1: continuation}, ...}`; arg_1 is an object of settings for generated answers. */
function argumentsOf(value: unknown): { prompt: string | null; continuations: readonly string[] } {
  const requests = Object.values(fieldsAt(value)).map(fieldsAt);
  const texts = (name: 'arg_0' | 'arg_1'): string[] => requests.flatMap((request) => textOrNull(request[name]) ?? []);
  const [prompt = null] = texts('arg_0');
  return { prompt, continuations: texts('arg_1').map((continuation) => continuation.trim()) };
}

/** The choice that the metric takes for the answer, with all log-probabilities; or the generated text after its filter. */
function answerOf(filtered: unknown, choices: readonly string[], metric: string, bias: boolean): string {
  if (!Array.isArray(filtered)) return text(filtered) ?? '';
  const scores = recordedScores(filtered);
  if (choices.length === 0 || scores === null || scores.length < choices.length)
    return filtered.map((item: unknown) => text(item) ?? '').join('\n');
  const chosen = at(choices, recordedChoice(metric, choices, scores, bias));
  return `${chosen} (${scores.map(([logprob]) => logprob.toFixed(3)).join(', ')})`;
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
}
