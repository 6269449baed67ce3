/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const jais2: ConfigClass = {
  causal: 'Jais2ForCausalLM',
  defaults: {
    attention_bias: true,
    eos_token_id: 150024,
    head_dim: null,
    hidden_act: 'relu2',
    hidden_size: 3328,
    intermediate_size: 26624,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 8192,
    mlp_bias: true,
    num_attention_heads: 26,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 150272,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
