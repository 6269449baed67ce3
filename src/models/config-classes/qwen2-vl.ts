/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen2Vl: ConfigClass = {
  causal: 'Qwen2VLForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  text: 'qwen2_vl_text',
};
