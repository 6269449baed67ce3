/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const ministral3: ConfigClass = {
  causal: 'Ministral3ForCausalLM',
  defaults: {
    eos_token_id: 2,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 14336,
    max_position_embeddings: 262144,
    num_attention_heads: 32,
    num_hidden_layers: 34,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    sliding_window: null,
    tie_word_embeddings: false,
    vocab_size: 131072,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
