/** Violation and false refusal rates from annotated answers, and the sheet to annotate. */
import { InterruptedError } from '../errors.js';
import type { OnProgress } from '../run/events.js';
import type { ModelOptions } from '../run/options.js';
import { readAnnotations } from '../safety/annotations.js';
import { askingForm, askPrompts } from '../safety/ask.js';
import { readPrompts } from '../safety/prompts.js';
import { type SafetyReport, safetyReport } from '../safety/rates.js';
import { keeperFor, readKept, refuseExisting, sheetOf, writeSheet } from '../safety/sheet.js';
import { openModel } from './model.js';

/**
 * Returns rates by majority with exact intervals, and the agreement of annotators. Throws `UserError` naming file and line.
 */
export async function scoreSafety(file: string, confidence: number): Promise<SafetyReport> {
  return safetyReport(await readAnnotations(file), confidence);
}

export interface AskOptions {
  /** CSV file of prompts. */
  readonly prompts: string;
  readonly model: string;
  /** Where the sheet goes; without it nothing is written. */
  readonly out: string | undefined;
  readonly maxNewTokens: number;
  readonly annotators: readonly string[] | undefined;
  readonly modelOptions: ModelOptions;
  readonly signal: AbortSignal;
  /** Told what is going on, line by line. */
  readonly say: (line: string) => void;
}

/**
 * Asks a model the prompts. Returns the sheet to annotate (null where prompts failed and the answers are kept for another try) and how many failed. Throws
 * `InterruptedError` when `signal` is aborted; with `out`, the same call then goes on from there.
 */
export async function askSafety(options: AskOptions): Promise<{ readonly sheet: string | null; readonly failed: number }> {
  const { out, say, signal } = options;
  const prompts = await readPrompts(options.prompts);
  if (out !== undefined) refuseExisting(out);
  const onProgress: OnProgress = (event) => {
    if (event.kind === 'message' || event.kind === 'warning') say(event.text);
  };
  const backend = await openModel({ ...options.modelOptions, model: options.model, signal, onProgress });
  try {
    if (askingForm(backend) === 'plain text')
      say('warning: this model has no chat template; the prompts are given as plain text, which it may just continue');
    const kept = out === undefined ? new Map() : readKept(out);
    const asked = await askPrompts(backend, prompts, options.maxNewTokens, signal, kept, out === undefined ? () => {} : keeperFor(out));
    if (signal.aborted && asked.length < prompts.length) {
      throw new InterruptedError(
        `interrupted after ${asked.length} of ${prompts.length} prompts${out === undefined ? '' : '; the same command goes on from here'}`,
      );
    }
    const failed = asked.flatMap((one) => ('failure' in one ? [one] : []));
    for (const { prompt, failure } of failed) say(`failed: ${prompt.promptId} (${prompt.language}): ${failure}`);
    if (failed.length > 0 && out !== undefined) {
      say(
        `${failed.length} of ${prompts.length} prompts failed; no sheet is written, the other answers are kept and the same command asks only these again`,
      );
      return { sheet: null, failed: failed.length };
    }
    const sheet = sheetOf(backend.modelName, asked, options.annotators ?? []);
    if (out !== undefined) {
      await writeSheet(out, sheet);
      say(`${out}: ${asked.length} answers to annotate`);
    }
    return { sheet, failed: failed.length };
  } finally {
    await backend.close();
  }
}
