import { openData } from '../data/open.js';
import type { HookModule } from '../hooks/user-module.js';
import { isRecordedTemplate } from '../prompts/fingerprint.js';
import { type Verification, verifyTask } from '../prompts/verify.js';
import { openPromptModel, type PromptOptions, selectLeaves } from './prompt-model.js';

export interface VerifyOptions extends PromptOptions {
  /** As for `loadTasks`; all benchmarks where the list is empty. */
  readonly tasks: readonly string[];
  readonly hooks?: HookModule;
  readonly data?: string;
  /** Called with each task that is done. */
  readonly onLine?: (line: Verification) => void;
}

/**
 * Rebuilds the prompts of whole tasks and compares their fingerprints with those recorded for the paper. Data that are missing are told in the lines; throws
 * `UserError` for what cannot be read.
 */
export async function verifyPrompts(options: VerifyOptions): Promise<readonly Verification[]> {
  const tasks = await selectLeaves(options.tasks.length === 0 ? ['all'] : options.tasks, options.hooks);
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
