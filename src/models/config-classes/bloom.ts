/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const bloom: ConfigClass = {
  causal: 'BloomForCausalLM',
  defaults: {
    apply_residual_connection_post_layernorm: false,
    eos_token_id: 2,
    hidden_dropout: 0.0,
    hidden_size: 64,
    layer_norm_epsilon: 1e-5,
    num_attention_heads: 8,
    num_hidden_layers: 2,
    slow_but_exact: false,
    tie_word_embeddings: true,
    vocab_size: 250880,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    n_layer: 'num_hidden_layers',
    n_head: 'num_attention_heads',
  },
};
