/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const falcon: ConfigClass = {
  causal: 'FalconForCausalLM',
  defaults: {
    activation: 'gelu',
    alibi: false,
    bias: false,
    eos_token_id: 11,
    ffn_hidden_size: null,
    hidden_dropout: 0.0,
    hidden_size: 4544,
    layer_norm_epsilon: 1e-5,
    max_position_embeddings: 2048,
    multi_query: true,
    new_decoder_architecture: false,
    num_attention_heads: 71,
    num_hidden_layers: 32,
    num_kv_heads: null,
    num_ln_in_parallel_attn: null,
    parallel_attn: true,
    rope_parameters: null,
    tie_word_embeddings: true,
    vocab_size: 65024,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
