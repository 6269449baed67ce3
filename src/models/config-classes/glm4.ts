/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const glm4: ConfigClass = {
  causal: 'Glm4ForCausalLM',
  defaults: {
    attention_bias: true,
    eos_token_id: null,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 13696,
    max_position_embeddings: 131072,
    num_attention_heads: 32,
    num_hidden_layers: 40,
    num_key_value_heads: 2,
    rms_norm_eps: 1.5625e-7,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 151552,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
