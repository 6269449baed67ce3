/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const llama: ConfigClass = {
  causal: 'LlamaForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 2,
    head_dim: null,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 11008,
    max_position_embeddings: 2048,
    mlp_bias: false,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 32000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
