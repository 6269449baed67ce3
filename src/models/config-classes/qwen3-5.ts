/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen35: ConfigClass = {
  causal: 'Qwen3_5ForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  others: ['Qwen3_5ForCausalLM'],
  text: 'qwen3_5_text',
};
