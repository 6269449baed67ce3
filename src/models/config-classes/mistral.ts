/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const mistral: ConfigClass = {
  causal: 'MistralForCausalLM',
  defaults: {
    eos_token_id: 2,
    head_dim: null,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 14336,
    max_position_embeddings: 131072,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    sliding_window: 4096,
    tie_word_embeddings: false,
    vocab_size: 32000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'layer_types'],
};
