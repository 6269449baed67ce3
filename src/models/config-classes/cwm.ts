/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const cwm: ConfigClass = {
  causal: 'CwmForCausalLM',
  defaults: {
    eos_token_id: null,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 6144,
    intermediate_size: 21504,
    layer_types: null,
    max_position_embeddings: 131072,
    mlp_bias: false,
    num_attention_heads: 48,
    num_hidden_layers: 64,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    sliding_window: 8192,
    tie_word_embeddings: false,
    vocab_size: 128256,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  theta: 1000000.0,
};
