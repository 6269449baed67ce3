/** A model's template and tokenizer, opened without its weights: for showing and verifying prompts. */
import { UserError } from '../errors.js';
import { resolveModel } from '../hub/resolve-model.js';
import { type ChatTemplate, loadChatTemplate } from '../models/chat-template.js';
import type { PromptFamily } from '../types.js';

/** Where a model's tokenizer files lie, and its config.json: the same folder, but for an adapter that has a tokenizer of its own. */
export interface ModelFolders {
  readonly folder: string;
  readonly weights: string;
}

export interface PromptModel extends ModelFolders {
  readonly template: ChatTemplate;
}

export interface PromptOptions {
  readonly prompt: PromptFamily;
  readonly model?: string | undefined;
  /** The date that chat templates may print; without it they print their fixed one. */
  readonly templateDate?: Date | null | undefined;
  readonly offline?: boolean | undefined;
}

/**
 * Returns the folders of a model's small files, or null when no model is named. A local reference may carry the prefix `onnx:`.
 */
export async function openModelFolder(flags: PromptOptions): Promise<ModelFolders | null> {
  if (flags.model === undefined) return null;
  const reference = flags.model.replace(/^onnx:/, '');
  const { folder, weights } = await resolveModel(reference, { files: 'tokenizer', offline: flags.offline ?? false });
  return { folder, weights };
}

/**
 * Returns the model whose chat template the family `chat` needs; null in the other families.
 * Throws `UserError` when no model is named or it has no template.
 */
export async function openPromptModel(flags: PromptOptions): Promise<PromptModel | null> {
  if (flags.prompt !== 'chat') return null;
  const folders = await openModelFolder(flags);
  if (folders === null)
    throw new UserError('--prompt chat needs --model: a folder or hub name with a chat template (only its tokenizer files are read)');
  const template = await loadChatTemplate(folders.folder, { now: flags.templateDate ?? null });
  if (template === null)
    throw new UserError(
      `${flags.model} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); use --prompt plain`,
    );
  return { ...folders, template };
}
