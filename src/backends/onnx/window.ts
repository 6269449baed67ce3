/** Pulls requests ahead of the computation, encodes them, and keeps them sorted by their tokens so that those that share a prefix are neighbours. */
import { at } from '../../at.js';
import { messageOf } from '../../errors.js';
import type { Answer, Ask } from '../../types.js';
import { compareIds } from './stack.js';

export interface WindowLimits {
  readonly documents: number;
  readonly tokens: number;
  /** Enough to begin with, before the window is full. */
  readonly startDocuments: number;
  readonly startTokens: number;
}

/** An encoded request; `ids` is what it is sorted by, `tokens` its size. */
export interface Item {
  readonly ids: readonly number[];
  readonly tokens: number;
}

export interface Window<T extends Item> {
  /** Resolves when there is enough to begin a batch with, or `factor` times as much, or nothing more comes. */
  ready(factor?: number): Promise<void>;
  /** Sorted by `ids`. */
  readonly items: T[];
  /** Answers that need no model (refused requests); the caller empties it. */
  readonly answers: Answer[];
  remove(items: readonly T[]): void;
  /** True when the source has ended and no item is left. */
  ended(): boolean;
  stop(): void;
}

/**
 * Starts pulling. `encode` returns an item, or an answer where none is needed. Errors of the source are thrown by `ready`.
 */
export function openWindow<T extends Item>(
  source: AsyncIterable<Ask>,
  encode: (ask: Ask) => T | Answer | Promise<T | Answer>,
  limits: WindowLimits,
): Window<T> {
  const items: T[] = [];
  const answers: Answer[] = [];
  let tokens = 0;
  let over = false;
  let failure: Error | null = null;
  let wakeReader: () => void = () => {};
  let wakeWriter: () => void = () => {};
  const iterator = source[Symbol.asyncIterator]();

  function insert(item: T): void {
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareIds(at(items, middle).ids, item.ids) <= 0) low = middle + 1;
      else high = middle;
    }
    items.splice(low, 0, item);
    tokens += item.tokens;
  }

  async function pull(): Promise<void> {
    try {
      while (!over) {
        if (items.length > 0 && (items.length >= limits.documents || tokens >= limits.tokens)) {
          await new Promise<void>((resolve) => {
            wakeWriter = resolve;
          });
          continue;
        }
        const next = await iterator.next();
        if (next.done === true) break;
        const result = await encode(next.value);
        if ('response' in result) answers.push(result);
        else insert(result);
        wakeReader();
        // A text that is in memory needs no other thread; between two documents replies of the session thread get their turn.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      failure = error instanceof Error ? error : new Error(messageOf(error));
    }
    over = true;
    wakeReader();
  }
  void pull();

  return {
    items,
    answers,
    ended: () => over && items.length === 0 && answers.length === 0,
    remove(gone) {
      const set = new Set(gone);
      const kept = items.filter((item) => !set.has(item));
      items.length = 0;
      items.push(...kept);
      for (const item of gone) tokens -= item.tokens;
      wakeWriter();
    },
    stop() {
      over = true;
      wakeWriter();
      wakeReader();
      void iterator.return?.();
    },
    async ready(factor = 1) {
      const enough = {
        documents: Math.min(limits.documents, factor * limits.startDocuments),
        tokens: Math.min(limits.tokens, factor * limits.startTokens),
      };
      for (;;) {
        if (failure !== null) throw failure;
        if (over || answers.length > 0 || items.length >= enough.documents || tokens >= enough.tokens) return;
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
    },
  };
}
