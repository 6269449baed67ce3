/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gemma3n: ConfigClass = {
  causal: 'Gemma3nForConditionalGeneration',
  defaults: {
    tie_word_embeddings: true,
  },
  older: [],
  text: 'gemma3n_text',
};
