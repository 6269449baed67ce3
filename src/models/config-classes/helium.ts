/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const helium: ConfigClass = {
  causal: 'HeliumForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 2,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 2560,
    intermediate_size: 7040,
    max_position_embeddings: 4096,
    mlp_bias: false,
    num_attention_heads: 20,
    num_hidden_layers: 24,
    num_key_value_heads: 20,
    rms_norm_eps: 1e-8,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 48000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  theta: 100000.0,
};
