/** The architectures whose graph can be written, by the `model_type` that names their text model's class. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { gemma2, gemma3 } from './gemma.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';
import { qwen35 } from './qwen3-5.js';

const BLUEPRINTS: Readonly<Record<string, (config: ModelConfig) => Blueprint>> = {
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma2,
  gemma3_text: gemma3,
  qwen3_5_text: qwen35,
};

/**
 * Returns the blueprint of a model. Throws `UserError` for a model without one, and for a layer that slides without a window.
 */
export function blueprintOf(config: ModelConfig): Blueprint {
  const make = Object.hasOwn(BLUEPRINTS, config.textType) ? BLUEPRINTS[config.textType] : undefined;
  if (make === undefined)
    throw new UserError(
      `${config.file}: model_type "${config.textType}" is not supported; supported are ${Object.keys(BLUEPRINTS).join(', ')}`,
    );
  return make(config);
}
