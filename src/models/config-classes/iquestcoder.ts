/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const iquestcoder: ConfigClass = {
  causal: 'LlamaForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 2,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 5120,
    intermediate_size: 27648,
    max_position_embeddings: 131072,
    mlp_bias: false,
    num_attention_heads: 40,
    num_hidden_layers: 80,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 76800,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
