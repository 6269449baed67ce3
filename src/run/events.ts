/** What a run tells while it is going on; whoever listens decides what to show. */

import type { SecondsRange } from '../forecast.js';
import type { TaskOutcome } from '../results/outcome.js';
import type { RequestKind } from '../types.js';

/** Documents of one task of a run. */
export interface Expected {
  readonly task: string;
  /** What it asks for: choices take other times than generated texts. */
  readonly kind: RequestKind;
  readonly documents: number;
}

/**
 * One thing that happened. `message` and `warning` are lines to show as they are; `started` and `ended` enclose a pass over the documents, of which there are
 * several where failed requests are asked again.
 */
export type RunEvent =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** `status` returns what the backend says of itself at the moment, e.g. `12 in flight`; empty when there is nothing to say. */
  | { readonly kind: 'started'; readonly status: () => string }
  /** The documents of the whole run by task, as far as known by now. */
  | { readonly kind: 'expected'; readonly tasks: readonly Expected[] }
  /** What the whole run of a local model is expected to take, before any answer. */
  | { readonly kind: 'forecast'; readonly seconds: SecondsRange }
  /** A document is done, the `finished`th of `total`; `asked` is false when its answer came from the journal and says nothing about speed. */
  | { readonly kind: 'document'; readonly task: string; readonly asked: boolean; readonly finished: number; readonly total: number }
  /** A task is done; `text` says so with its headline metric. */
  | { readonly kind: 'task'; readonly outcome: TaskOutcome; readonly text: string }
  | { readonly kind: 'ended' };

/**
 * Told how many of `total` requests are answered, and the share of their text that those are: first of what the journal had, then after each answer.
 */
export type OnAnswer = (done: number, total: number, share: number) => void;

/** Takes the events of a run. Called synchronously: what takes long belongs elsewhere. */
export type OnProgress = (event: RunEvent) => void;
