/** The local backend: a session thread behind the `Backend` contract. */
import { messageOf } from '../../errors.js';
import type { Forecast } from '../../forecast.js';
import type { Answer, Ask, Backend } from '../../types.js';
import type { Counters } from './counters.js';
import type { Engine } from './engine.js';
import { type EncodedItem, encodeRequest, type GenerateItem, type RequestContext, type ScoreItem, type TurnOf } from './requests.js';
import { placeBehind } from './stack.js';
import { openWindow } from './window.js';

export interface BackendParts extends RequestContext {
  readonly modelName: string;
  readonly engine: Engine;
  readonly counters: Counters;
  readonly identity: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly chatTemplate: string | null;
  /** Null where nothing is known beforehand. */
  readonly forecast: Forecast | null;
  close(): Promise<void>;
}

/** Generation begins with so many times as much as scoring does. */
const GENERATE_START = 6;
/**
 * Makes the backend from its parts.
 */
export function newOnnxBackend(parts: BackendParts): Backend {
  const { engine, counters } = parts;
  const { scorer } = engine;
  let waiting = 0;
  /** What is computed now: texts that turn otherwise wait until there are none of these. Kept from one `ask` to the next, as what lies on the stack is. */
  let turn: TurnOf = 'short';

  const encode = async (ask: Ask): Promise<EncodedItem | Answer> => {
    const start = performance.now();
    try {
      return await encodeRequest(ask, parts);
    } finally {
      counters.addSeconds('tokenize', (performance.now() - start) / 1000);
    }
  };

  async function* ask(requests: AsyncIterable<Ask>, signal: AbortSignal): AsyncGenerator<Answer> {
    const window = openWindow<EncodedItem>(requests, encode, engine.window);
    let wake: (() => void) | null = null;
    const abort = (): void => {
      window.stop();
      wake?.();
    };
    signal.addEventListener('abort', abort);
    let flying: Promise<Answer[]>[] = [];
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
        if (sorted.length > 0 && flying.length < (turn === 'both' ? 1 : engine.batchesAhead(sorted.length))) {
          // A text of several windows shares nothing with others, and all its windows together may be more than memory holds.
          const long = sorted.find(({ rolling, sequences }) => rolling === true && sequences.length > 1);
          const alone = long ?? (turn === 'both' ? sorted[0] : undefined);
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
          const next = (count: number): GenerateItem[] => {
            const sorted = generations();
            const from = placeBehind(sorted, last);
            const items = sorted.slice(from, from + count);
            last = items.at(-1)?.ids ?? last;
            window.remove(items);
            return items;
          };
          yield* engine.generate({ next, stopped: () => signal.aborted });
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
    draws: engine.draws,
    families: parts.renderChat === null ? ['plain', 'chat'] : ['plain', 'chat', 'api'],
    renderChat: parts.renderChat,
    chatTemplate: parts.chatTemplate,
    facts: parts.facts,
    ask,
    work: () => counters.report(engine.sizes),
    status: () => (waiting > 0 ? `${waiting} ahead` : ''),
    ...(parts.forecast === null ? {} : { forecast: parts.forecast }),
    close: parts.close,
  };
}
