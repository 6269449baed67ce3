/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gptj: ConfigClass = {
  causal: 'GPTJForCausalLM',
  defaults: {
    activation_function: 'gelu_new',
    attn_pdrop: 0.0,
    embd_pdrop: 0.0,
    eos_token_id: 50256,
    layer_norm_epsilon: 1e-5,
    hidden_size: 4096,
    num_attention_heads: 16,
    n_inner: null,
    num_hidden_layers: 28,
    max_position_embeddings: 2048,
    resid_pdrop: 0.0,
    rotary_dim: 64,
    tie_word_embeddings: false,
    vocab_size: 50400,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    n_positions: 'max_position_embeddings',
    n_embd: 'hidden_size',
    n_head: 'num_attention_heads',
    n_layer: 'num_hidden_layers',
  },
};
