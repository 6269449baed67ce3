/** What scoring and generating compute with, however the graph attends. */
import type { Counters } from './counters.js';
import type { GenerateItem } from './requests.js';

/** Makes the rotary tables long enough for so many positions, and those that texts of up to `text` tokens turn by. */
export type EnsurePositions = (positions: number, text: number) => void;

export interface Computing<Session> {
  readonly session: Session;
  readonly counters: Counters;
  readonly ensurePositions: EnsurePositions;
}

/** Where generation takes its documents from. */
export interface Waiting {
  /** Hands out up to so many documents that wait, neighbours in the sorted order. */
  next(count: number): GenerateItem[];
  /** Whether to end early. */
  stopped(): boolean;
}
