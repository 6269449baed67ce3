/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen25VlText: ConfigClass = {
  causal: 'Qwen2_5_VLTextModel',
  defaults: {
    eos_token_id: 151645,
    hidden_act: 'silu',
    hidden_size: 8192,
    intermediate_size: 29568,
    layer_types: null,
    max_position_embeddings: 32768,
    max_window_layers: 80,
    num_attention_heads: 64,
    num_hidden_layers: 80,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    sliding_window: 4096,
    use_sliding_window: false,
    vocab_size: 152064,
    tie_word_embeddings: true,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  theta: 1000000.0,
};
