/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const ayaVision: ConfigClass = {
  causal: 'AyaVisionForConditionalGeneration',
  defaults: {
    tie_word_embeddings: true,
  },
  older: [],
  names: {
    image_token_id: 'image_token_index',
  },
  text: 'cohere2',
};
