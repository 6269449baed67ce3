/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const nemotron: ConfigClass = {
  causal: 'NemotronForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 3,
    head_dim: null,
    hidden_act: 'relu2',
    hidden_size: 6144,
    intermediate_size: 24576,
    max_position_embeddings: 4096,
    mlp_bias: false,
    norm_eps: 1e-5,
    num_attention_heads: 48,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 256000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
