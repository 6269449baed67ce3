/** Does every endpoint answer? Asked once when the arena starts: a wrong key or name should not wait for the first participant. */
import { messageOf } from '../errors.js';
import type { ArenaConfig } from './config.js';
import type { AnswerStream } from './endpoint.js';

/** What is asked; the answer is given up with its first text. */
const QUESTION = 'Kaixo!';

/**
 * Returns one line for each active model that gives no text within the time for the first text, saying why. Empty where all answer.
 */
export async function silentModels(config: ArenaConfig, stream: AnswerStream): Promise<string[]> {
  const seconds = config.timeouts.first_text_seconds;
  const lines = await Promise.all(
    config.models
      .filter((model) => model.active)
      .map(async (model) => {
        const over = new AbortController();
        const timer = setTimeout(() => over.abort(new Error(`no text within ${seconds} s`)), seconds * 1000);
        try {
          for await (const piece of stream(model, [{ role: 'user', content: QUESTION }], over.signal)) if (piece !== '') return null;
          return `${model.name} does not answer: an empty answer`;
        } catch (error) {
          return `${model.name} does not answer: ${messageOf(error)}`;
        } finally {
          clearTimeout(timer);
          over.abort();
        }
      }),
  );
  return lines.filter((line) => line !== null);
}
