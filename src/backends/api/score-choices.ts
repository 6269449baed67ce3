/** Scores the choices of one document on a server, in the way that fits the document and the server. */
import type { Response, ScoringWay } from '../../types.js';
import { sumRows } from './choice-rows.js';
import { type Caller, callChoices, type Dialect } from './completion-call.js';
import type { ChoicesPlan } from './completion-plan.js';
import { malformed } from './http.js';
import type { Outcome } from './limiter.js';
import { sumTokens } from './prompt-tokens.js';
import { askRows, type RowDialect } from './row-dialect.js';
import { askEnds } from './sglang.js';
import { promptSeconds, steppedSeconds, type WayCost } from './way-costs.js';

/** What one server can be asked, as its probe found. At least one of `rows` and `prompts` is there. */
export interface Ways {
  /** Log-probabilities of chosen tokens behind a prompt, served from the prefix cache. */
  readonly rows: RowDialect | null;
  /** Log-probabilities of whole prompts. */
  readonly prompts: Dialect | null;
  /** What both were measured to take; null where only one is there. */
  readonly costs: { readonly rows: WayCost; readonly prompts: WayCost } | null;
}

/**
 * Returns the way for a document: one row of exact log-probabilities wherever that is all it takes; else what costs least among what the server can do.
 */
export function wayOf(plan: ChoicesPlan, { rows, prompts, costs }: Ways): ScoringWay {
  if (rows === null || plan.rows === null || plan.sequences === null) return 'prompt log-probabilities';
  if (plan.rows.questions.length === 1) return rows.kind === 'top_logprobs' ? 'top log-probabilities' : 'first token';
  // SGLang keeps its cache for the ends of prompts, so one request beats one for each token.
  if (rows.kind === 'generate') return 'prompt log-probabilities';
  if (prompts === null) return 'stepped';
  if (rows.kind === 'top_logprobs' && rows.anchor === null) return 'prompt log-probabilities';
  if (costs === null) return 'prompt log-probabilities';
  return steppedSeconds(plan.rows, costs.rows) < promptSeconds(plan.sequences, costs.prompts) ? 'stepped' : 'prompt log-probabilities';
}

/**
 * Scores one document. What the likeliest tokens do not hold is scored from whole prompts where the server gives them, else it is a failure of this document.
 */
export async function scoreChoices(
  caller: Caller,
  ways: Ways,
  server: number,
  plan: ChoicesPlan,
  signal: AbortSignal,
): Promise<Outcome<Response>> {
  if (plan.rolling) return addWindows(await scorePrompts(caller, ways, server, plan, signal), plan);
  const way = wayOf(plan, ways);
  const { rows, sequences } = plan;
  if (way === 'prompt log-probabilities' || rows === null || sequences === null || ways.rows === null)
    return scorePrompts(caller, ways, server, plan, signal);
  const ended = await askRows(caller, ways.rows, server, rows.questions, plan.memory, signal);
  if (ended?.kind === 'missing') {
    if (ways.prompts !== null) return scorePrompts(caller, ways, server, plan, signal);
    return { kind: 'done', value: { kind: 'failure', reason: 'malformed', message: ended.message } };
  }
  if (ended?.kind === 'failure') return { kind: 'done', value: ended };
  if (ended !== null) return ended;
  const answers = plan.memory.filter((answer) => answer !== undefined);
  if (answers.length !== rows.questions.length) return malformed('an answer is missing');
  return { kind: 'done', value: { kind: 'choices', ...sumRows(sequences, rows, answers), notes: { ...plan.notes, scoring: way } } };
}

/** The log-probability of a text from those of its windows. */
function addWindows(scored: Outcome<Response>, plan: ChoicesPlan): Outcome<Response> {
  if (scored.kind !== 'done' || scored.value.kind !== 'choices') return scored;
  const tokens = (plan.sequences ?? []).reduce((sum, { targets }) => sum + targets.length, 0);
  const logprob = scored.value.logprobs.reduce((a, b) => a + b, 0);
  return { ...scored, value: { kind: 'rolling', logprob, tokens, notes: { scoring: 'prompt log-probabilities' } } };
}

async function scorePrompts(
  caller: Caller,
  ways: Ways,
  server: number,
  plan: ChoicesPlan,
  signal: AbortSignal,
): Promise<Outcome<Response>> {
  if (ways.rows?.kind === 'generate' && plan.sequences !== null) return scoreEnds(caller, server, plan, signal);
  if (ways.prompts === null) return { kind: 'done', value: { kind: 'failure', reason: 'internal', message: 'no way to score' } };
  // Windows are as long as a prompt can be: one at a time.
  return callChoices(caller, plan.rolling ? { ...ways.prompts, lists: false } : ways.prompts, server, plan, signal);
}

/** SGLang: the ends of all prompts in one request. */
async function scoreEnds(caller: Caller, server: number, plan: ChoicesPlan, signal: AbortSignal): Promise<Outcome<Response>> {
  const prompts = plan.prompts.flatMap((prompt) => (prompt.kind === 'ids' ? [prompt] : []));
  const found = await askEnds(caller, server, prompts, signal);
  if ('kind' in found) return found.kind === 'failure' ? { kind: 'done', value: found } : found;
  const logprobs: number[] = [];
  const greedy: boolean[] = [];
  for (const tokens of found) {
    const score = sumTokens(tokens, 0);
    if (score.kind === 'not a number') return { kind: 'done', value: { kind: 'failure', reason: 'not a number', message: score.message } };
    if (score.greedy === null) return malformed('the server lists no likeliest token, so whether the choice was the arg max is not known');
    logprobs.push(score.logprob);
    greedy.push(score.greedy);
  }
  return { kind: 'done', value: { kind: 'choices', logprobs, greedy, notes: { ...plan.notes, scoring: 'prompt log-probabilities' } } };
}
