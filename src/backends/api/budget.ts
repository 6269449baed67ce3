import type { Message } from '../../types.js';
import type { Price } from './prices.js';
import { costOf } from './prices.js';

/**
 * Keeps a run below a sum: a request starts only when the most that it and those under way can cost still fits.
 */
interface Budget {
  /** US dollars spent, by what the provider counted. */
  readonly spent: number;
  /** Most that requests may have cost besides, which were sent but never answered (timeouts, cut connections). */
  readonly unanswered: number;
  /** True when `atMost` more dollars fit. */
  fits(atMost: number): boolean;
  /** Sets `atMost` dollars aside for a request that starts. */
  reserve(atMost: number): void;
  /** Replaces what was set aside by what was counted; null when the provider did not say: then the most is taken. */
  settle(atMost: number, cost: number | null): void;
  /** The request failed before or after it was worked on; nobody knows. */
  lose(atMost: number): void;
  /** The request was refused and costs nothing. */
  free(atMost: number): void;
}

/**
 * Returns a budget of `maxUsd` dollars; null for one without a limit, which only counts.
 */
export function createBudget(maxUsd: number | null): Budget {
  let spent = 0;
  let unanswered = 0;
  let reserved = 0;
  return {
    get spent() {
      return spent;
    },
    get unanswered() {
      return unanswered;
    },
    fits: (atMost) => maxUsd === null || spent + unanswered + reserved + atMost <= maxUsd,
    reserve(atMost) {
      reserved += atMost;
    },
    settle(atMost, cost) {
      reserved -= atMost;
      spent += cost ?? atMost;
    },
    lose(atMost) {
      reserved -= atMost;
      unanswered += atMost;
    },
    free(atMost) {
      reserved -= atMost;
    },
  };
}

/** Tokens that a provider may count per message and per request besides the text; generous. */
const PER_MESSAGE = 10;
const PER_REQUEST = 50;

/**
 * Returns the most that a chat request can cost in US dollars: no tokenizer makes more tokens of a text than it has bytes.
 */
export function mostItCosts(price: Price, messages: readonly Message[], maxNewTokens: number): number {
  let tokens = PER_REQUEST;
  for (const message of messages) tokens += Buffer.byteLength(message.content) + PER_MESSAGE;
  return costOf(price, tokens, maxNewTokens);
}
