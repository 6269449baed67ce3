import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainBlock, plainBlueprint } from './common.js';

/** Llama 2 and 3, SmolLM2, Latxa: the plain decoder. */
export function llama(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => plainBlock(c, l));
}
