/** How long a run still takes, from what its documents have taken so far. */

import type { SecondsRange } from '../forecast.js';
import type { Expected } from '../run/events.js';
import type { RequestKind } from '../types.js';

export type Meter = ReturnType<typeof makeMeter>;

/**
 * Seconds left; null while nothing can be said. `whole` is false where something of another kind is still to come whose time is not known: then the seconds are of the
 * rest. `rough`: they come from the forecast.
 */
export interface TimeLeft {
  readonly seconds: number | null;
  readonly whole: boolean;
  readonly rough?: true;
}

/** Answers that a time is told from: a backend that computes many documents together gives them in bursts. */
const LEAST_ANSWERS = 4;
/** Milliseconds after an answer within which others of the same burst may still come. */
const BURST = 100;
/** Milliseconds that no burst lasts: answers that come closer together for longer are the pace. */
const STEADY = 2_000;

interface Timing {
  documents: number;
  finished: number;
  /** Answers of the model, and the milliseconds that they took. */
  asked: number;
  spent: number;
}

/**
 * Returns a meter. The time between two answers is counted for the kind of the later one: a generated text takes many times as long as choices, and a
 * run has both.
 */
export function makeMeter(now: () => number) {
  const kinds = new Map<RequestKind, Timing>();
  const kindOf = new Map<string, RequestKind>();
  let total = 0;
  let finished = 0;
  let last = now();
  const timing = (kind: RequestKind): Timing => {
    const known = kinds.get(kind) ?? { documents: 0, finished: 0, asked: 0, spent: 0 };
    kinds.set(kind, known);
    return known;
  };
  /** Milliseconds of the present wait count, too: a run that stands still does not promise its old time. */
  const waiting = (): number => Math.max(0, now() - last);
  let said: TimeLeft = { seconds: null, whole: true };
  let burst = now();
  let end: number | null = null;

  const compute = (): TimeLeft => {
    let seconds = 0;
    let whole = true;
    let known = false;
    const answered = [...kinds.values()].reduce((sum, { asked }) => sum + asked, 0);
    for (const { documents, finished: ended, asked, spent } of kinds.values()) {
      const rest = Math.max(0, documents - ended);
      if (rest === 0) continue;
      if (asked < LEAST_ANSWERS) {
        whole = false;
        continue;
      }
      known = true;
      seconds += (rest * (spent + (waiting() * asked) / answered)) / asked / 1000;
    }
    if (known) return { seconds, whole };
    if (total > 0 && finished >= total) return { seconds: 0, whole: true };
    const rough = end === null ? 0 : (end - now()) / 1000;
    // Later than was foretold nothing is known again.
    return rough > 0 ? { seconds: rough, whole: true, rough: true } : { seconds: null, whole: true };
  };

  return {
    get total() {
      return total;
    },
    get finished() {
      return finished;
    },
    /** Sets the documents of the whole run by task. */
    expect(tasks: readonly Expected[]): void {
      for (const one of kinds.values()) one.documents = 0;
      total = 0;
      for (const { task, kind, documents } of tasks) {
        kindOf.set(task, kind);
        timing(kind).documents += documents;
        total += documents;
      }
    },
    /** Sets what the whole run is expected to take: the time that is told before there are answers. */
    forecast({ low, high }: SecondsRange): void {
      end = now() + (1000 * (low + high)) / 2;
      said = compute();
    },
    /** A document is done; `asked` is false when its answer came from the journal and says nothing about speed. */
    done(task: string, asked: boolean): void {
      if (waiting() >= BURST) {
        said = compute();
        burst = now();
      }
      const one = timing(kindOf.get(task) ?? 'choices');
      finished += 1;
      one.finished += 1;
      if (!asked) return;
      one.asked += 1;
      one.spent += waiting();
      last = now();
    },
    /** Returns documents per second that the model answered; null while there are too few to tell. */
    rate(): number | null {
      const all = [...kinds.values()];
      const answers = all.reduce((sum, { asked }) => sum + asked, 0);
      const spent = all.reduce((sum, one) => sum + one.spent, 0) + waiting();
      return answers < LEAST_ANSWERS || spent === 0 ? null : (1000 * answers) / spent;
    },
    left(): TimeLeft {
      // In the middle of a burst the first of many documents would stand for the time of all; answers that never pause are no burst.
      if (waiting() >= BURST || now() - burst >= STEADY) said = compute();
      return said;
    },
  };
}
