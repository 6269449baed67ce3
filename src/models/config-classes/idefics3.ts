/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const idefics3: ConfigClass = {
  causal: 'Idefics3ForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  text: 'llama',
};
