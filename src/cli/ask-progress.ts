/** Progress of commands that ask a list of requests: lines now and then, with the time left. */
import type { OnAnswer } from '../run/events.js';
import { note } from './print.js';
import { duration } from './progress.js';

/** Milliseconds between two lines. */
const INTERVAL = 15_000;
/** Milliseconds after an answer within which others of the same burst may still come: a backend computes many requests together. */
const BURST = 100;

/**
 * Returns a listener that says how many of the requests are answered and how long the rest takes, from what the sizes of those answered so far took; what the journal
 * had is in the first call and says nothing about speed. `what` names the requests.
 */
export function askProgress(what: string, say = note, now: () => number = Date.now): OnAnswer {
  let first: { readonly share: number; readonly time: number } | null = null;
  let told = 0;
  let last = { done: 0, share: 0, time: 0 };
  return (done, total, share) => {
    const time = now();
    if (first === null) {
      first = { share, time };
      told = time;
      if (done > 0) say(`${done} of ${total} ${what} were answered before`);
    } else if (done === total) say(`${done} of ${total} ${what}`);
    else if (time - told >= INTERVAL && time - last.time >= BURST && last.share > first.share) {
      // Of the end of the burst before: in the middle of one, the first of many answers would stand for the time of all.
      const seconds = ((last.time - first.time) * (1 - last.share)) / (last.share - first.share) / 1000;
      say(`${last.done} of ${total} ${what}, ${duration(Math.max(0, seconds - (time - last.time) / 1000))} left`);
      told = time;
    }
    last = { done, share, time };
  };
}
