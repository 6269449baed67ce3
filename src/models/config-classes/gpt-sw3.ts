/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gptSw3: ConfigClass = {
  causal: 'GPT2LMHeadModel',
  defaults: {
    activation_function: 'gelu_new',
    add_cross_attention: false,
    attn_pdrop: 0.1,
    embd_pdrop: 0.1,
    eos_token_id: 50256,
    layer_norm_epsilon: 1e-5,
    hidden_size: 768,
    num_attention_heads: 12,
    n_inner: null,
    num_hidden_layers: 12,
    max_position_embeddings: 1024,
    reorder_and_upcast_attn: false,
    resid_pdrop: 0.1,
    scale_attn_by_inverse_layer_idx: false,
    scale_attn_weights: true,
    summary_activation: null,
    summary_first_dropout: 0.1,
    summary_proj_to_labels: true,
    summary_type: 'cls_index',
    summary_use_proj: true,
    tie_word_embeddings: true,
    vocab_size: 50257,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    n_embd: 'hidden_size',
    n_positions: 'max_position_embeddings',
    n_head: 'num_attention_heads',
    n_layer: 'num_hidden_layers',
  },
};
