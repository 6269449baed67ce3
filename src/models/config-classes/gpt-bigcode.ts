/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gptBigcode: ConfigClass = {
  causal: 'GPTBigCodeForCausalLM',
  defaults: {
    activation_function: 'gelu_pytorch_tanh',
    add_cross_attention: false,
    attention_softmax_in_fp32: true,
    attn_pdrop: 0.1,
    embd_pdrop: 0.1,
    eos_token_id: 50256,
    layer_norm_epsilon: 1e-5,
    multi_query: true,
    hidden_size: 768,
    num_attention_heads: 12,
    n_inner: null,
    num_hidden_layers: 12,
    max_position_embeddings: 1024,
    resid_pdrop: 0.1,
    scale_attention_softmax_in_fp32: true,
    scale_attn_weights: true,
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
