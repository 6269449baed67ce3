/** One line of a sample file: the harness's fields, values as text where the harness writes text. */

import type { Sampling } from '../generation.js';
import { PyFloat } from '../python/float.js';
import { dumpsJson } from '../python/json.js';
import { floatRepr } from '../python/number.js';
import { pyStr } from '../python/strings.js';
import type { Message, MetricValue, PreparedDoc, Response, Scored, Value } from '../types.js';

/**
 * Returns the sample lines of one document, one per filter of its task, without line ends. An unscored document has `unscored` (the
 * reason) and `error` (one line) and no metric. `resps` and `filtered_resps` hold texts, as the harness writes them.
 */
export function sampleLines(prepared: PreparedDoc, response: Response, scored: readonly Scored[]): string[] {
  const filters = prepared.task.filters.map((f) => f.name);
  return filters.map((filter) => {
    const scores = scored.find((s) => s.filter === filter);
    const metrics = Object.entries(scores?.metrics ?? {});
    return dumpsJson({
      doc_id: prepared.docId,
      doc: prepared.doc,
      target: pyStr(prepared.target),
      arguments: argumentsOf(prepared),
      resps: respsOf(response),
      filtered_resps: scores === undefined ? [] : filteredOf(scores),
      filter,
      metrics: metrics.map(([name]) => name),
      doc_hash: prepared.docHash,
      prompt_hash: prepared.promptHash,
      target_hash: prepared.targetHash,
      ...Object.fromEntries(metrics.map(([name, value]) => [name, metricValue(value)])),
      ...(scores?.predicted === undefined ? {} : { predicted: scores.predicted }),
      ...(scores?.margin === undefined ? {} : { margin: metricValue(scores.margin) }),
      ...(response.kind === 'generate' ? { finish: response.finish } : {}),
      ...(scores?.thinkingRemoved === true ? { thinking_removed: true } : {}),
      ...(scores?.thinkingUnfinished === true ? { thinking_unfinished: true } : {}),
      ...(scores?.empty === true ? { empty: true } : {}),
      ...(scores?.language === undefined ? {} : { language: scores.language }),
      ...(scores?.unparsable === true ? { unparsable: true } : {}),
      ...(scores?.goldOutOfRange === true ? { gold_out_of_range: true } : {}),
      ...(response.kind !== 'failure' && (response.notes?.truncatedTokens ?? 0) > 0
        ? { truncated_tokens: response.notes?.truncatedTokens ?? 0 }
        : {}),
      ...(response.kind !== 'failure' && response.notes?.doubledBos === true ? { doubled_bos: true } : {}),
      ...(response.kind === 'failure' ? { unscored: response.reason, error: response.message } : {}),
    });
  });
}

function argumentsOf(prepared: PreparedDoc): Value {
  const { request } = prepared;
  const context = promptText(request.context);
  if (request.kind === 'generate') {
    const settings: Record<string, Value> = { until: [...request.until], ...samplingSettings(request.sampling) };
    if (request.maxNewTokens !== null) settings.max_gen_toks = request.maxNewTokens;
    return { gen_args_0: { arg_0: context, arg_1: settings } };
  }
  if (request.kind === 'rolling') return { gen_args_0: { arg_0: context } };
  return Object.fromEntries(request.continuations.map((c, i) => [`gen_args_${i}`, { arg_0: request.contexts?.[i] ?? context, arg_1: c }]));
}

/** In the vocabulary of task files. */
function samplingSettings(sampling: Sampling | undefined): Record<string, Value> {
  if (sampling === undefined) return { do_sample: false };
  const { temperature, topP, topK, seed } = sampling;
  return { do_sample: true, temperature, ...(topP === null ? {} : { top_p: topP }), ...(topK === null ? {} : { top_k: topK }), seed };
}

/** Messages as the harness shows them to an API: a JSON text. */
function promptText(context: string | readonly Message[]): string {
  return typeof context === 'string' ? context : dumpsJson(context.map((m) => ({ role: m.role, content: m.content })));
}

function respsOf(response: Response): Value {
  if (response.kind === 'failure') return [];
  if (response.kind === 'generate') return [[response.text]];
  if (response.kind === 'rolling') return [floatRepr(response.logprob)];
  return response.logprobs.map((x, i) => [pair(x, response.greedy[i] === true)]);
}

function filteredOf(scores: Scored): Value {
  return typeof scores.filtered === 'string' ? [scores.filtered] : scores.filtered.map(([x, greedy]) => pair(x, greedy));
}

function pair(logprob: number, greedy: boolean): Value {
  return [floatRepr(logprob), greedy ? 'True' : 'False'];
}

function metricValue(value: MetricValue): Value {
  if (typeof value === 'number') return Number.isInteger(value) ? new PyFloat(value) : value;
  return isParts(value) ? value : { ...value };
}

function isParts(value: MetricValue): value is Extract<MetricValue, readonly unknown[]> {
  return Array.isArray(value);
}
