/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const lfm3: ConfigClass = {
  causal: 'Lfm3ForCausalLM',
  defaults: {
    attention_bias: false,
    conv_L_cache: 7,
    conv_bias: false,
    eos_token_id: 124900,
    head_dim: 128,
    hidden_size: 2048,
    intermediate_size: 7680,
    layer_types: null,
    max_position_embeddings: 128000,
    norm_eps: 1e-5,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    num_key_value_heads: 4,
    rope_parameters: null,
    sliding_window: 256,
    tie_word_embeddings: true,
    use_attention_gate: true,
    use_sandwich_norm: true,
    vocab_size: 128000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    rms_norm_eps: 'norm_eps',
  },
  theta: 1000000.0,
  layerTypes: ['full_attention', 'sliding_attention', 'conv'],
};
