/** One side's answer while it comes: what has arrived, how far it may be shown, how it ended. */
import { messageOf } from '../errors.js';
import type { ArenaConfig, ArenaModelConfig } from './config.js';
import type { ChatMessage } from './endpoint.js';
import { type AnswerStream, EndpointError } from './endpoint.js';

/** Where an answer stands. `text` is what may be shown: without thoughts and without white space at its ends. */
export interface Answer {
  readonly model: ArenaModelConfig;
  text(): string;
  readonly state: 'coming' | 'whole' | 'failed';
  /** Why it failed, for the moderator; empty otherwise. */
  readonly reason: string;
  /** Resolves each time that text arrives or the state changes. */
  changed(): Promise<void>;
  stop(): void;
}

/**
 * Starts an answer. It fails when the endpoint does, when it stays silent too long, when it dribbles (from the first text to be shown, `lead` characters take too long; not
 * where `lead` is infinite), and when it is empty: an endpoint that gives nothing is broken more often than a model that has nothing to say.
 */
export function startAnswer(
  stream: AnswerStream,
  model: ArenaModelConfig,
  messages: readonly ChatMessage[],
  timeouts: ArenaConfig['timeouts'],
  lead: number,
): Answer {
  const stopping = new AbortController();
  let raw = '';
  let state: Answer['state'] = 'coming';
  let reason = '';
  let hasLead = false;
  let wake: (() => void)[] = [];
  const notify = (): void => {
    for (const one of wake.splice(0)) one();
  };
  const fail = (why: string): void => {
    if (state !== 'coming') return;
    state = 'failed';
    reason = why;
    stopping.abort();
    notify();
  };
  const alarm = (seconds: number, why: string): NodeJS.Timeout => setTimeout(() => fail(why), seconds * 1000);
  let silence = alarm(timeouts.first_text_seconds, `no text within ${timeouts.first_text_seconds} s`);
  const whole = alarm(timeouts.answer_seconds, `no end within ${timeouts.answer_seconds} s`);
  let dribbling: NodeJS.Timeout | null = null;
  /** The clock of the lead runs from the first text that is shown: thinking takes as long as it takes. */
  function watchLead(): void {
    const length = Number.isFinite(lead) && !hasLead ? shown(raw, false).length : 0;
    if (length > 0)
      dribbling ??= alarm(timeouts.lead_seconds, `less than ${lead} characters within ${timeouts.lead_seconds} s of the first`);
    if (length < lead) return;
    hasLead = true;
    if (dribbling !== null) clearTimeout(dribbling);
  }

  async function read(): Promise<void> {
    try {
      for await (const piece of stream(model, messages, stopping.signal)) {
        if (state !== 'coming') return;
        raw += piece;
        clearTimeout(silence);
        silence = alarm(timeouts.silence_seconds, `silent for ${timeouts.silence_seconds} s`);
        watchLead();
        notify();
      }
      if (state !== 'coming') return;
      if (shown(raw, true) === '') return fail('an empty answer');
      state = 'whole';
      notify();
    } catch (error) {
      fail(error instanceof EndpointError ? error.message : messageOf(error));
    } finally {
      for (const one of [silence, whole, dribbling]) if (one !== null) clearTimeout(one);
    }
  }
  void read();
  return {
    model,
    text: () => shown(raw, state === 'whole'),
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    changed: () =>
      new Promise<void>((resolve) => {
        wake.push(resolve);
      }),
    stop: () => {
      if (state === 'coming') fail('stopped');
      wake = [];
    },
  };
}

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Returns the part of an answer that may be shown. Thoughts in front are left out: they would tell the models that think from those that do not. While the answer
 * comes, white space at its end waits for what follows.
 */
export function shown(raw: string, whole: boolean): string {
  const text = raw.trimStart();
  if (text.length < OPEN.length && OPEN.startsWith(text)) return whole ? text : '';
  if (text.startsWith(OPEN)) {
    const end = text.indexOf(CLOSE);
    return end === -1 ? '' : text.slice(end + CLOSE.length).trim();
  }
  return text.trimEnd();
}
