/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const llavaOnevision: ConfigClass = {
  causal: 'LlavaOnevisionForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  names: {
    image_token_id: 'image_token_index',
    video_token_id: 'video_token_index',
  },
  text: 'qwen2',
};
