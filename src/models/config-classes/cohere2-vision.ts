/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const cohere2Vision: ConfigClass = {
  causal: 'Cohere2VisionForConditionalGeneration',
  defaults: {
    tie_word_embeddings: true,
  },
  older: [],
  text: 'cohere2',
};
