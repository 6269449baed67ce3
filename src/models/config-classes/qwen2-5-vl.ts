/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen25Vl: ConfigClass = {
  causal: 'Qwen2_5_VLForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  text: 'qwen2_5_vl_text',
};
