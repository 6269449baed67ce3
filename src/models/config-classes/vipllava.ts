/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const vipllava: ConfigClass = {
  causal: 'VipLlavaForConditionalGeneration',
  defaults: {
    tie_word_embeddings: false,
  },
  older: [],
  names: {
    image_token_id: 'image_token_index',
    vision_feature_layers: 'vision_feature_layer',
  },
  text: 'llama',
};
