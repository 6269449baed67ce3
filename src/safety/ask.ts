import { createHash } from 'node:crypto';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import type { Ask, Backend, GenerateRequest, GenerateResponse, Message } from '../types.js';
import type { SafetyPrompt } from './prompts.js';

/** What came back for one prompt. */
export type AskedPrompt =
  /** `blocked`: the provider's own filter answered in place of the model; there is no text, but it is no failure to ask again. */
  | { readonly prompt: SafetyPrompt; readonly answer: string; readonly finish: GenerateResponse['finish'] | 'blocked' }
  | { readonly prompt: SafetyPrompt; readonly failure: string };

/** An answer kept from an earlier, interrupted run: by the key of its request. */
export interface KeptAnswer {
  readonly key: string;
  readonly answer: string;
  readonly finish: GenerateResponse['finish'];
}

/**
 * Returns how a model is asked a single question: as messages (API models), through its chat template, or, without either, as plain text.
 * Throws `UserError` when the backend cannot generate text.
 */
export function askingForm(backend: Backend): 'messages' | 'chat template' | 'plain text' {
  if (!backend.kinds.has('generate')) throw new UserError(`${backend.source}: this backend cannot generate text; name a model that can`);
  if (backend.renderChat !== null && backend.families.includes('chat')) return 'chat template';
  return backend.families.includes('api') ? 'messages' : 'plain text';
}

/**
 * Returns what the model answers to each prompt, in the order of the prompts; those never asked because `signal` was aborted are left out.
 * `kept` answers are not asked again; `keep` is called with every new answer as it comes.
 */
export async function askPrompts(
  backend: Backend,
  prompts: readonly SafetyPrompt[],
  maxNewTokens: number,
  signal: AbortSignal,
  kept: ReadonlyMap<string, KeptAnswer>,
  keep: (answer: KeptAnswer) => void,
): Promise<readonly AskedPrompt[]> {
  const requests = prompts.map(({ prompt }) => questionOf(backend, prompt, maxNewTokens));
  const keys = requests.map((request) => keyOf(backend, request));
  const results = prompts.map((prompt, i): AskedPrompt | undefined => {
    const known = kept.get(at(keys, i));
    return known === undefined ? undefined : { prompt, answer: known.answer, finish: known.finish };
  });
  const open = requests.flatMap((request, id): Ask[] => (results[id] === undefined ? [{ id, request }] : []));
  for await (const { id, response } of backend.ask(each(open), signal)) {
    const [prompt, key] = [at(prompts, id), at(keys, id)];
    if (response.kind === 'generate') {
      keep({ key, answer: response.text, finish: response.finish });
      results[id] = { prompt, answer: response.text, finish: response.finish };
    } else if (response.kind === 'failure' && response.reason === 'refused') {
      results[id] = { prompt, answer: '', finish: 'blocked' };
    } else
      results[id] = {
        prompt,
        failure: response.kind === 'failure' ? `${response.reason}: ${response.message}` : 'the backend gave no text',
      };
  }
  return results.filter((result) => result !== undefined);
}

async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

/**
 * Returns the request of a single question, with a system message where there is one, in the form in which the model is asked (see `askingForm`).
 */
export function questionOf(backend: Backend, question: string, maxNewTokens: number, system: string | null = null): GenerateRequest {
  const messages: readonly Message[] = [
    ...(system === null ? [] : [{ role: 'system', content: system } as const]),
    { role: 'user', content: question },
  ];
  const form = askingForm(backend);
  const chat = form === 'chat template' ? backend.renderChat : null;
  const plain = messages.map(({ content }) => content).join('\n\n');
  return { kind: 'generate', context: form === 'messages' ? messages : (chat?.(messages) ?? plain), until: [], maxNewTokens };
}

/** The key of a request: another model, weight file or limit is another question. */
function keyOf(backend: Backend, request: GenerateRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([backend.identity, request]))
    .digest('hex');
}
