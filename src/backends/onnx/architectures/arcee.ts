import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { plainBlock, plainBlueprint, ungatedFeedForward } from './common.js';

/** Arcee (AFM): Llama whose feed-forward part has no gate. */
export function arcee(c: ModelConfig): Blueprint {
  return plainBlueprint(c, (l) => plainBlock(c, l, { feedForward: ungatedFeedForward(c, l) }));
}
