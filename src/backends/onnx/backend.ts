/** The local backend: a session thread behind the `Backend` contract. */
import { messageOf } from '../../errors.js';
import type { ModelTokenizer } from '../../models/tokenizer.js';
import type { Answer, Ask, Backend, ChatRenderer } from '../../types.js';
import { newCounters } from './counters.js';
import { type GenerateLimits, generateAll } from './generate.js';
import { type EncodedItem, encodeRequest, type GenerateItem, type RequestContext, type ScoreItem } from './requests.js';
import { newScorer } from './score.js';
import type { Session } from './session.js';
import { openWindow, type WindowLimits } from './window.js';

export interface BackendParts {
  readonly modelName: string;
  readonly session: Session;
  readonly tokenizer: ModelTokenizer;
  readonly addBos: boolean;
  readonly maxLength: number;
  readonly vocabSize: number;
  readonly eos: ReadonlySet<number>;
  /** Window of sliding layers, or null. */
  readonly window: number | null;
  /** Makes the rotary tables long enough for so many positions. */
  readonly ensurePositions: (positions: number) => void;
  readonly limits: GenerateLimits;
  readonly identity: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly renderChat: ChatRenderer | null;
  readonly chatTemplate: string | null;
  /** Keys and values stay between runs; without them nothing is generated. */
  readonly keepsStack: boolean;
  /** Score every continuation by itself, nothing shared and nothing packed: to check the batches against. */
  readonly single: boolean;
  readonly loadSeconds: number;
}

/** How far requests are pulled ahead. */
const WINDOW: WindowLimits = { documents: 256, tokens: 400_000, startDocuments: 24, startTokens: 8_000 };
/** Batches given to the session thread before the first is answered, so that it never waits for the plan of the next. */
const BATCHES_AHEAD = 2;

/**
 * Makes the backend from its parts.
 */
export function newOnnxBackend(parts: BackendParts): Backend {
  const { session, limits } = parts;
  const counters = newCounters();
  counters.addSeconds('load', parts.loadSeconds);
  const context: RequestContext = parts;
  const scorer = newScorer(session, limits, parts.keepsStack, parts.window, counters, parts.ensurePositions);
  let waiting = 0;

  const encode = (ask: Ask): EncodedItem | Answer => {
    const start = performance.now();
    try {
      return encodeRequest(ask, context);
    } finally {
      counters.addSeconds('tokenize', (performance.now() - start) / 1000);
    }
  };

  async function* ask(requests: AsyncIterable<Ask>, signal: AbortSignal): AsyncGenerator<Answer> {
    const window = openWindow<EncodedItem>(requests, encode, parts.single ? { ...WINDOW, startDocuments: 1 } : WINDOW);
    const abort = (): void => window.stop();
    signal.addEventListener('abort', abort);
    const aborted = new Promise<'aborted'>((resolve) => signal.addEventListener('abort', () => resolve('aborted')));
    let flying: Promise<Answer[]>[] = [];
    const choices = (): ScoreItem[] => window.items.filter((item) => item.kind === 'choices');
    const generations = (): GenerateItem[] => window.items.filter((item) => item.kind === 'generate');
    const settle = async (): Promise<Answer[] | 'aborted'> => {
      const [first, ...rest] = flying;
      flying = rest;
      return first === undefined ? [] : Promise.race([first, aborted]);
    };
    try {
      for (;;) {
        if (flying.length === 0) await window.ready();
        if (signal.aborted) return;
        yield* window.answers.splice(0);
        if (window.ended() && flying.length === 0) return;
        const sorted = choices();
        waiting = window.items.length;
        if (sorted.length > 0 && flying.length < (parts.single ? 1 : BATCHES_AHEAD)) {
          const items = parts.single ? sorted.slice(0, 1) : scorer.pick(sorted);
          window.remove(items);
          const [alone] = items;
          const batch = parts.single && alone !== undefined ? scorer.scoreAlone(alone) : scorer.score(items);
          // A failure is thrown where the batch is awaited.
          batch.catch(() => {});
          flying.push(batch);
          continue;
        }
        if (flying.length > 0) {
          const answers = await settle();
          if (answers === 'aborted') return;
          yield* answers;
          continue;
        }
        if (generations().length > 0) {
          scorer.forget();
          const take = (count: number): GenerateItem[] => {
            const items = generations().slice(0, count);
            window.remove(items);
            return items;
          };
          const generateLimits = parts.single ? { ...limits, documents: 1 } : limits;
          const rules = { tokenizer: parts.tokenizer, eos: parts.eos };
          yield* generateAll(session, generateLimits, parts.window, rules, counters, parts.ensurePositions, take, () => signal.aborted);
        }
      }
    } catch (error) {
      // Runs that were under way when everything was stopped end with an error that means nothing.
      if (signal.aborted) return;
      throw error instanceof Error ? error : new Error(messageOf(error));
    } finally {
      signal.removeEventListener('abort', abort);
      window.stop();
    }
  }

  return {
    modelName: parts.modelName,
    source: 'onnx',
    identity: parts.identity,
    kinds: new Set(parts.keepsStack ? ['choices', 'generate'] : ['choices']),
    families: ['plain', 'chat'],
    renderChat: parts.renderChat,
    chatTemplate: parts.chatTemplate,
    facts: parts.facts,
    ask,
    work: () => counters.report({ runTokens: limits.runTokens, generatedAtOnce: limits.documents }),
    status: () => (waiting > 0 ? `${waiting} ahead` : ''),
    close: () => session.close(),
  };
}
