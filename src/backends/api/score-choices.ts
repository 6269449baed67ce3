/** Scores the choices of one document on a server, in the way that fits the document and the server. */
import type { ChoicesResponse, RollingResponse, ScoringWay } from '../../types.js';
import { sumRows } from './choice-rows.js';
import type { Server } from './completion-call.js';
import type { ChoicesPlan } from './completion-plan.js';
import { askRows, NotListed, type RowDialect } from './row-dialect.js';
import { type Dialect, scoreEnds, scorePrompts } from './score-prompts.js';
import { failed } from './unanswered.js';
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
function wayOf(plan: ChoicesPlan, { rows, prompts, costs }: Ways): ScoringWay {
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
 * Throws `Unanswered` where an answer is lacking.
 */
export async function scoreChoices(server: Server, ways: Ways, plan: ChoicesPlan): Promise<ChoicesResponse | RollingResponse> {
  if (plan.rolling) return addWindows(await wholePrompts(server, ways, plan), plan);
  const way = wayOf(plan, ways);
  const { rows, memory } = plan;
  if (way === 'prompt log-probabilities' || rows === null || ways.rows === null) return wholePrompts(server, ways, plan);
  try {
    await askRows(server, ways.rows, rows.questions, memory);
  } catch (error) {
    if (error instanceof NotListed && ways.prompts !== null) return wholePrompts(server, ways, plan);
    throw error;
  }
  return { kind: 'choices', ...sumRows(rows, memory), notes: { ...plan.notes, scoring: way } };
}

/** The log-probability of a text from those of its windows. */
function addWindows({ logprobs }: ChoicesResponse, plan: ChoicesPlan): RollingResponse {
  const tokens = (plan.sequences ?? []).reduce((sum, { targets }) => sum + targets.length, 0);
  return { kind: 'rolling', logprob: logprobs.reduce((a, b) => a + b, 0), tokens, notes: { scoring: 'prompt log-probabilities' } };
}

function wholePrompts(server: Server, ways: Ways, plan: ChoicesPlan): Promise<ChoicesResponse> {
  if (ways.rows?.kind === 'generate' && plan.sequences !== null) return scoreEnds(server, plan);
  if (ways.prompts === null) throw failed('internal', 'no way to score');
  return scorePrompts(server, ways.prompts, plan);
}
