import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { layerPrefix, linear, plainAttention, plainBlock, plainBlueprint } from './common.js';

/** Seed-OSS: Llama whose output of attention has a bias of its own. */
export function seedOss(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('attention_out_bias', false);
  return plainBlueprint(c, (l) =>
    plainBlock(c, l, { mixer: plainAttention(c, l, { output: linear(`${layerPrefix(l)}self_attn.o_proj`, bias) }) }),
  );
}
