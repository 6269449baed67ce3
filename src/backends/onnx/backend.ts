/** The local backend: a session thread behind the `Backend` contract. */
import { messageOf } from '../../errors.js';
import type { Forecast } from '../../forecast.js';
import type { ModelTokenizer } from '../../models/tokenizer.js';
import type { Answer, Ask, Backend, ChatRenderer } from '../../types.js';
import { newCounters } from './counters.js';
import { type GenerateLimits, generateAll } from './generate.js';
import { generatePacked, type PackedGenerateLimits } from './generate-packed.js';
import type { RunLimits } from './packed-plan.js';
import { type EncodedItem, encodeRequest, type GenerateItem, type RequestContext, type ScoreItem, type TurnOf } from './requests.js';
import type { DrawDefaults } from './sample.js';
import { type EnsurePositions, newScorer } from './score.js';
import { newPackedScorer } from './score-packed.js';
import type { Session } from './session.js';
import { compareIds } from './stack.js';
import { openWindow, type WindowLimits } from './window.js';

export interface BackendParts {
  readonly modelName: string;
  readonly session: Session;
  readonly tokenizer: ModelTokenizer;
  readonly addBos: boolean;
  readonly maxLength: number;
  readonly vocabSize: number;
  /** Texts of more tokens turn otherwise; null: none do. */
  readonly longest: number | null;
  readonly eos: ReadonlySet<number>;
  readonly drawDefaults: DrawDefaults;
  readonly ensurePositions: EnsurePositions;
  readonly limits: GenerateLimits;
  readonly identity: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly renderChat: ChatRenderer | null;
  readonly chatTemplate: string | null;
  /** How runs are planned where nothing stays on the device between them; null where keys and values stay. */
  readonly packed: PackedLimits | null;
  /** Score every continuation by itself, nothing shared and nothing packed: to check the batches against. */
  readonly single: boolean;
  readonly loadSeconds: number;
  /** Null where nothing is known beforehand. */
  readonly forecast?: Forecast | null;
}

/** How runs of a graph without a cache are planned. */
export interface PackedLimits {
  readonly score: RunLimits;
  readonly generate: PackedGenerateLimits;
}

/** How far requests are pulled ahead. */
const WINDOW: WindowLimits = { documents: 256, tokens: 400_000, startDocuments: 24, startTokens: 8_000 };
/** The same for packed runs, which are long: the more documents a run holds, the less its prefix weighs. */
const PACKED_WINDOW: WindowLimits = { documents: 1024, tokens: 1_600_000, startDocuments: 64, startTokens: 64_000 };
/** Generation begins with so many times as much as scoring does. */
const GENERATE_START = 6;
/** Batches given to the session thread before the first is answered, so that it never waits for the plan of the next. */
const BATCHES_AHEAD = 2;
/**
 * Packed runs take long, and while one is computed the window fills: what is planned when it ends is larger than what could be planned before. Only where so many documents wait that
 * a run is full anyway, the next is planned meanwhile.
 */
const PACKED_FULL = 512;

/**
 * Makes the backend from its parts.
 */
export function newOnnxBackend(parts: BackendParts): Backend {
  const { session, limits } = parts;
  const counters = newCounters();
  counters.addSeconds('load', parts.loadSeconds);
  const context: RequestContext = parts;
  const { packed } = parts;
  const scorer =
    packed === null
      ? newScorer(session, limits, counters, parts.ensurePositions)
      : newPackedScorer(session, packed.score, counters, parts.ensurePositions);
  const pullAhead = packed === null ? WINDOW : PACKED_WINDOW;
  const batchesAhead = (waiting: number): number => (parts.single || (packed !== null && waiting < PACKED_FULL) ? 1 : BATCHES_AHEAD);
  let waiting = 0;

  const encode = async (ask: Ask): Promise<EncodedItem | Answer> => {
    const start = performance.now();
    try {
      return await encodeRequest(ask, context);
    } finally {
      counters.addSeconds('tokenize', (performance.now() - start) / 1000);
    }
  };

  async function* ask(requests: AsyncIterable<Ask>, signal: AbortSignal): AsyncGenerator<Answer> {
    const window = openWindow<EncodedItem>(requests, encode, parts.single ? { ...pullAhead, startDocuments: 1 } : pullAhead);
    let wake: (() => void) | null = null;
    const abort = (): void => {
      window.stop();
      wake?.();
    };
    signal.addEventListener('abort', abort);
    let flying: Promise<Answer[]>[] = [];
    /** What is computed now: texts that turn otherwise wait until there are none of these. */
    let turn: TurnOf = 'short';
    const choices = (): ScoreItem[] => window.items.filter((item) => item.kind === 'choices').filter((item) => item.turn === turn);
    const generations = (): GenerateItem[] => window.items.filter((item) => item.kind === 'generate').filter((item) => item.turn === turn);
    const settle = async (): Promise<Answer[] | 'aborted'> => {
      const [first, ...rest] = flying;
      flying = rest;
      if (first === undefined) return [];
      // A promise of its own for each batch: one that lived as long as the run would hold on to every batch that was ever raced against it.
      const aborted = new Promise<'aborted'>((resolve) => {
        wake = () => resolve('aborted');
        if (signal.aborted) wake();
      });
      return Promise.race([first, aborted]);
    };
    try {
      for (;;) {
        if (flying.length === 0) await window.ready();
        if (signal.aborted) return;
        yield* window.answers.splice(0);
        if (window.ended() && flying.length === 0) return;
        const [next] = window.items;
        if (flying.length === 0 && next !== undefined && !window.items.some((item) => item.turn === turn)) {
          turn = next.turn;
          scorer.forget();
        }
        const sorted = choices();
        waiting = window.items.length;
        if (sorted.length > 0 && flying.length < (turn === 'both' ? 1 : batchesAhead(sorted.length))) {
          // A text of several windows shares nothing with others, and all its windows together may be more than memory holds.
          const long = sorted.find(({ rolling, sequences }) => rolling === true && sequences.length > 1);
          const alone = long ?? (parts.single || turn === 'both' ? sorted[0] : undefined);
          const items = alone === undefined ? scorer.pick(sorted) : [alone];
          window.remove(items);
          const batch = alone === undefined ? scorer.score(items) : scorer.scoreAlone(alone);
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
          // Prompts are taken faster than batches are scored, and those that come later share nothing with them.
          await window.ready(GENERATE_START);
          if (signal.aborted) return;
          // In the order of their tokens, and on from where the last ones were: those that come meanwhile and belong before them share less with what is there.
          let last: readonly number[] = [];
          const take = (count: number): GenerateItem[] => {
            const sorted = generations();
            const from = Math.max(
              0,
              sorted.findIndex((item) => compareIds(item.ids, last) >= 0),
            );
            const items = sorted.slice(from, from + count);
            last = items.at(-1)?.ids ?? last;
            window.remove(items);
            return items;
          };
          const generateLimits = parts.single ? { ...limits, documents: 1 } : limits;
          const rules = { tokenizer: parts.tokenizer, eos: parts.eos };
          const stopped = (): boolean => signal.aborted;
          if (packed === null) yield* generateAll(session, generateLimits, rules, counters, parts.ensurePositions, take, stopped);
          else {
            const packedLimits = parts.single ? { ...packed.generate, documents: 1 } : packed.generate;
            yield* generatePacked(session, packedLimits, rules, counters, parts.ensurePositions, take, stopped);
          }
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
    kinds: new Set(['choices', 'generate', 'rolling']),
    // The graph of a packed run takes the likeliest tokens by itself.
    draws: packed === null,
    families: parts.renderChat === null ? ['plain', 'chat'] : ['plain', 'chat', 'api'],
    renderChat: parts.renderChat,
    chatTemplate: parts.chatTemplate,
    facts: parts.facts,
    ask,
    work: () =>
      counters.report(
        packed === null
          ? { runTokens: limits.runTokens, generatedAtOnce: limits.documents }
          : { runTokens: packed.score.rows, generatedAtOnce: packed.generate.documents, runBytes: Math.floor(packed.score.bytes) },
      ),
    status: () => (waiting > 0 ? `${waiting} ahead` : ''),
    ...(parts.forecast === undefined || parts.forecast === null ? {} : { forecast: parts.forecast }),
    close: () => session.close(),
  };
}
