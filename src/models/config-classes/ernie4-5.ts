/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const ernie45: ConfigClass = {
  causal: 'Ernie4_5ForCausalLM',
  defaults: {
    eos_token_id: 2,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 1024,
    intermediate_size: 3072,
    max_position_embeddings: 131072,
    num_attention_heads: 16,
    num_hidden_layers: 18,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    tie_word_embeddings: true,
    use_bias: false,
    vocab_size: 103424,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  theta: 500000.0,
};
