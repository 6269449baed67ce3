/** Scores continuations from the log-probabilities of whole prompts. */
import { at } from '../../at.js';
import type { ChoicesResponse } from '../../types.js';
import { alignOffsets, alignTokens } from './align.js';
import { call, callOne, type Server } from './completion-call.js';
import type { ChoicesPlan, Encoder, ScoredPrompt } from './completion-plan.js';
import type { CompletionChoice } from './completion-reply.js';
import { EXTRA_TOKENS, type PromptMode, type PromptToken, readPromptTokens, sumTokens } from './prompt-tokens.js';
import { askEnds } from './sglang.js';
import { malformed } from './unanswered.js';

/** How one server is asked for log-probabilities of prompts, as its probe found. */
export interface Dialect {
  readonly mode: PromptMode;
  /** Several prompts in one HTTP request. */
  readonly lists: boolean;
}

/** Body fields that make a server return log-probabilities of the prompt. */
export function scoringFields(mode: PromptMode, text: boolean, addBos: boolean): Record<string, unknown> {
  return {
    max_tokens: EXTRA_TOKENS,
    ...(mode === 'echo' ? { echo: true, logprobs: 1 } : { prompt_logprobs: 1 }),
    ...(text ? { add_special_tokens: addBos } : {}),
  };
}

/**
 * Scores the continuations of one document: in one HTTP request where the server takes lists of prompts, else one after the other, so that the
 * server's prefix cache still holds the context.
 */
export async function scorePrompts(server: Server, dialect: Dialect, plan: ChoicesPlan): Promise<ChoicesResponse> {
  const prompts = plan.prompts.map((p) => (p.kind === 'ids' ? p.ids : p.text));
  const fields = scoringFields(dialect.mode, plan.prompts[0]?.kind === 'text', server.addBos);
  const choices: CompletionChoice[] = [];
  // Windows of a text are as long as a prompt can be: one at a time.
  for (const group of dialect.lists && !plan.rolling ? [prompts] : prompts.map((p) => [p]))
    choices.push(...(await call(server, group, fields)).choices);
  const ends: End[] = [];
  for (const [i, prompt] of plan.prompts.entries()) {
    const choice = at(choices, i);
    const tokens = readPromptTokens(choice, dialect.mode, prompt.kind === 'ids' ? prompt.ids : null);
    ends.push({ tokens, from: await boundary(server, dialect, prompt, tokens, choice) });
  }
  return sumEnds(plan, ends);
}

/** SGLang: scores the ends of all prompts in one request. */
export async function scoreEnds(server: Server, plan: ChoicesPlan): Promise<ChoicesResponse> {
  const prompts = plan.prompts.flatMap((prompt) => (prompt.kind === 'ids' ? [prompt] : []));
  return sumEnds(
    plan,
    (await askEnds(server, prompts)).map((tokens) => ({ tokens, from: 0 })),
  );
}

/** Tokens of a prompt, and the index of its continuation's first one. */
interface End {
  readonly tokens: readonly PromptToken[];
  readonly from: number;
}

function sumEnds({ notes }: ChoicesPlan, ends: readonly End[]): ChoicesResponse {
  const sums = ends.map(({ tokens, from }) => sumTokens(tokens, from));
  return {
    kind: 'choices',
    logprobs: sums.map(({ logprob }) => logprob),
    greedy: sums.map(({ greedy }) => greedy),
    notes: { ...notes, scoring: 'prompt log-probabilities' },
  };
}

/** Index of the continuation's first token. */
async function boundary(
  server: Server,
  { mode }: Dialect,
  prompt: ScoredPrompt,
  tokens: readonly PromptToken[],
  choice: CompletionChoice,
): Promise<number> {
  if (prompt.kind === 'ids') {
    for (const [i, token] of tokens.entries())
      if (server.encoder !== null && !sameToken(token, at(prompt.ids, i), server.encoder))
        throw malformed(`token ${i} of the answer is ${JSON.stringify(token.piece)}, not the one that was sent`);
    return prompt.from;
  }
  const pieces = tokens.map((t) => t.piece);
  // Tokens that are written as numbers, bytes or vocabulary entries spell nothing; then the server's own offsets must do.
  const aligned = pieces.some((p) => p !== null && /^(token_id|bytes):|[ĠĊ▁]/.test(p))
    ? alignOffsets((choice.logprobs?.textOffset ?? []).slice(0, tokens.length), prompt.text, prompt.from)
    : alignTokens(pieces, prompt.text, prompt.from);
  if (aligned === null)
    throw malformed('the tokens of the answer do not spell the text that was sent, so the boundary of the choice is not known');
  if (!aligned.straddled) return aligned.index;
  // The boundary lies inside a token. The rule is to take the tokens after as many as the context alone has, so ask for the context alone.
  server.tally.straddledBoundaries += 1;
  const alone = await callOne(server, prompt.text.slice(0, prompt.from), scoringFields(mode, true, server.addBos));
  const { length } = readPromptTokens(alone, mode, null);
  if (length >= tokens.length) throw malformed('the context alone has as many tokens as context and choice together');
  return length;
}

/** False when the server's token is certainly not the one that was sent. Servers write tokens in several ways, so only clean texts are compared. */
function sameToken(token: PromptToken, id: number, { tokenizer }: Encoder): boolean {
  if (token.id !== null) return token.id === id;
  if (token.piece === null || token.piece === '' || token.piece.startsWith('bytes:')) return true;
  const own = tokenizer.decode([id]);
  const plain = (s: string): string => s.replace(/[\sĠĊ▁]+/g, '');
  return own.includes('\uFFFD') || token.piece.includes('\uFFFD') || plain(own) === plain(token.piece);
}
