/** One side's answer while it comes: what has arrived, how far it may be shown, how it ended. */
import { messageOf } from '../errors.js';
import type { ArenaConfig, ArenaModelConfig } from './config.js';
import type { AnswerStream, ChatMessage } from './endpoint.js';

/**
 * One answer, asked for as it is made. It fails when the endpoint does, when it stays silent too long, when it dribbles (from the first text to be shown, `lead` characters take too long; not
 * where `lead` is infinite), and when it is empty: an endpoint that gives nothing is broken more often than a model that has nothing to say.
 */
export class Answer {
  state: 'coming' | 'whole' | 'failed' = 'coming';
  /** Why it failed, for the moderator; empty otherwise. */
  reason = '';
  #raw = '';
  readonly #stopping = new AbortController();

  /** `changed` is called each time that text arrives or the state changes. */
  constructor(
    stream: AnswerStream,
    readonly model: ArenaModelConfig,
    messages: readonly ChatMessage[],
    private readonly timeouts: ArenaConfig['timeouts'],
    private readonly lead: number,
    private readonly changed: () => void,
  ) {
    void this.#read(stream(model, messages, this.#stopping.signal));
  }

  /** What may be shown: without thoughts and without white space at its ends. */
  text(): string {
    return shown(this.#raw, this.state === 'whole');
  }

  stop(): void {
    this.#end('failed', 'stopped');
  }

  #end(state: 'whole' | 'failed', reason = ''): void {
    if (this.state !== 'coming') return;
    this.state = state;
    this.reason = reason;
    if (state === 'failed') this.#stopping.abort();
    this.changed();
  }

  async #read(pieces: AsyncIterable<string>): Promise<void> {
    const { first_text_seconds, silence_seconds, lead_seconds, answer_seconds } = this.timeouts;
    const alarm = (seconds: number, why: string): NodeJS.Timeout => setTimeout(() => this.#end('failed', why), seconds * 1000);
    const whole = alarm(answer_seconds, `no end within ${answer_seconds} s`);
    let silence = alarm(first_text_seconds, `no text within ${first_text_seconds} s`);
    /** The clock of the lead runs from the first text that is shown: thinking takes as long as it takes. */
    let dribbling: NodeJS.Timeout | undefined;
    try {
      for await (const piece of pieces) {
        if (this.state !== 'coming') return;
        this.#raw += piece;
        clearTimeout(silence);
        silence = alarm(silence_seconds, `silent for ${silence_seconds} s`);
        if (Number.isFinite(this.lead)) {
          const length = this.text().length;
          if (length >= this.lead) clearTimeout(dribbling);
          else if (length > 0) dribbling ??= alarm(lead_seconds, `less than ${this.lead} characters within ${lead_seconds} s of the first`);
        }
        this.changed();
      }
      if (shown(this.#raw, true) === '') this.#end('failed', 'an empty answer');
      else this.#end('whole');
    } catch (error) {
      this.#end('failed', messageOf(error));
    } finally {
      for (const one of [silence, whole, dribbling]) clearTimeout(one);
    }
  }
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
