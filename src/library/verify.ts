import { openData } from '../data/open.js';
import { isRecordedTemplate } from '../prompts/fingerprint.js';
import { type Verification, verifyTask } from '../prompts/verify.js';
import type { TaskOptions } from '../run/task-options.js';
import { openPromptModel, type PromptOptions } from './prompt-model.js';
import { loadLeaves } from './tasks.js';

export interface VerifyOptions extends PromptOptions, TaskOptions {
  readonly data?: string;
  /** Called with each task that is done. */
  readonly onLine?: (line: Verification) => void;
}

/**
 * Rebuilds the prompts of whole tasks and compares their fingerprints with those recorded for the paper. Data that are missing are told in the lines; throws
 * `UserError` for what cannot be read.
 */
export async function verifyPrompts(options: VerifyOptions): Promise<readonly Verification[]> {
  const tasks = await loadLeaves(options);
  const model = await openPromptModel(options);
  const source = await openData({ dir: options.data ?? null, offline: options.offline ?? false });
  const lines: Verification[] = [];
  for (const task of tasks) {
    const line = await verifyTask(task, source, {
      family: options.prompt,
      renderChat: model?.template.render ?? null,
      sameTemplate: model !== null && isRecordedTemplate(model.template.source),
      anyFailureIsMissing: options.data === undefined,
    });
    lines.push(line);
    options.onLine?.(line);
  }
  return lines;
}
