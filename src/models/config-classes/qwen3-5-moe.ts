/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen35Moe: ConfigClass = {
  causal: 'Qwen3_5MoeForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  others: ['Qwen3_5MoeForCausalLM'],
  text: 'qwen3_5_moe_text',
};
