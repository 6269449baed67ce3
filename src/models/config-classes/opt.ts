/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const opt: ConfigClass = {
  causal: 'OPTForCausalLM',
  defaults: {
    _remove_final_layer_norm: false,
    activation_function: 'relu',
    do_layer_norm_before: true,
    dropout: 0.1,
    enable_bias: true,
    eos_token_id: 2,
    ffn_dim: 3072,
    hidden_size: 768,
    init_std: 0.02,
    layer_norm_elementwise_affine: true,
    layerdrop: 0.0,
    max_position_embeddings: 2048,
    num_attention_heads: 12,
    num_hidden_layers: 12,
    tie_word_embeddings: true,
    vocab_size: 50272,
    word_embed_proj_dim: null,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
