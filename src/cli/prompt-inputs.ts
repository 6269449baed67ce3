/** What `show` and `verify` share: choosing tasks, and opening a model's template without its weights. */
import { UserError } from '../errors.js';
import type { ChatTemplate } from '../models/chat-template.js';
import type { PromptFamily, Task } from '../types.js';

export const PROMPT_FAMILIES: readonly PromptFamily[] = ['plain', 'chat', 'api'];

/**
 * Returns the single tasks that specifications name, in order; `hooks` is the file of `--hooks`.
 */
export async function selectLeaves(spec: readonly string[], hooks: string | undefined): Promise<readonly Task[]> {
  const { selectTasks } = await import('../tasks/registry.js');
  const { openRegistry } = await import('../tasks/open-registry.js');
  const { leavesOf } = await import('../task-tree.js');
  return (await selectTasks(spec, await openRegistry(hooks ?? null))).flatMap(leavesOf);
}

/** Where a model's tokenizer files lie, and its config.json: the same folder, but for an adapter that has a tokenizer of its own. */
export interface ModelFolders {
  readonly folder: string;
  readonly weights: string;
}

export interface PromptModel extends ModelFolders {
  readonly template: ChatTemplate;
}

interface ModelFlags {
  readonly prompt: PromptFamily;
  readonly model?: string;
  readonly templateDate?: string;
  readonly offline: boolean;
}

/**
 * Returns the folders of a model's small files, or null when no model is named. A local reference may carry the prefix `onnx:`.
 */
export async function openModelFolder(flags: ModelFlags): Promise<ModelFolders | null> {
  if (flags.model === undefined) return null;
  const { resolveModel } = await import('../hub/resolve-model.js');
  const reference = flags.model.replace(/^onnx:/, '');
  const { folder, weights } = await resolveModel(reference, { files: 'tokenizer', offline: flags.offline });
  return { folder, weights };
}

/**
 * Returns the model whose chat template the family `chat` needs; null in the other families.
 * Throws `UserError` when no model is named or it has no template.
 */
export async function openPromptModel(flags: ModelFlags): Promise<PromptModel | null> {
  if (flags.prompt !== 'chat') return null;
  const folders = await openModelFolder(flags);
  if (folders === null)
    throw new UserError('--prompt chat needs --model: a folder or hub name with a chat template (only its tokenizer files are read)');
  const { loadChatTemplate } = await import('../models/chat-template.js');
  const template = await loadChatTemplate(folders.folder, { now: dateOf(flags.templateDate) });
  if (template === null)
    throw new UserError(
      `${flags.model} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); use --prompt plain`,
    );
  return { ...folders, template };
}

/**
 * Returns the date of `--template-date`, or null without it. Throws `UserError` when it is no date.
 */
export function dateOf(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
    throw new UserError(`--template-date '${text}': write a date as 2026-01-31`);
  return date;
}
