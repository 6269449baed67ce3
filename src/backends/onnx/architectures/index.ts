/** The architectures whose graph can be written, by the name that `config.json` gives under `architectures`. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../decoder.js';
import { gemma2 } from './gemma2.js';
import { gemma3 } from './gemma3.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

export type Architecture =
  | 'LlamaForCausalLM'
  | 'MistralForCausalLM'
  | 'Qwen2ForCausalLM'
  | 'Qwen3ForCausalLM'
  | 'Gemma2ForCausalLM'
  | 'Gemma3ForCausalLM';

const BLUEPRINTS: Readonly<Record<Architecture, (config: ModelConfig) => Blueprint>> = {
  LlamaForCausalLM: llama,
  MistralForCausalLM: mistral,
  Qwen2ForCausalLM: qwen2,
  Qwen3ForCausalLM: qwen3,
  Gemma2ForCausalLM: gemma2,
  Gemma3ForCausalLM: gemma3,
};

/** Names of all supported architectures. */
export const ARCHITECTURES: readonly string[] = Object.keys(BLUEPRINTS);

/**
 * Returns the blueprint of a model. Throws `UserError` with the list of known architectures for another one, and for a layer that slides without a window.
 */
export function blueprintOf(config: ModelConfig): Blueprint {
  const entry = Object.entries(BLUEPRINTS).find(([name]) => name === config.architecture);
  if (entry === undefined)
    throw new UserError(
      `${config.file}: architecture "${config.architecture}" is not supported; supported are ${ARCHITECTURES.join(', ')}`,
    );
  const blueprint = entry[1](config);
  const sliding = Array.from({ length: config.layers }, (_, l) => l).find((l) => blueprint.slides(l));
  if (sliding !== undefined && (blueprint.window === null || blueprint.window < 1)) {
    const found =
      config.slidingWindow === blueprint.window ? `sliding_window is ${config.slidingWindow}` : 'use_sliding_window is not true';
    throw new UserError(
      `${config.file}: layer ${sliding} has a sliding window, and ${found}; valid is a window from 1, or full_attention in layer_types`,
    );
  }
  return blueprint;
}
