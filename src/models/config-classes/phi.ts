/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const phi: ConfigClass = {
  causal: 'PhiForCausalLM',
  defaults: {
    embd_pdrop: 0.0,
    eos_token_id: 2,
    hidden_act: 'gelu_new',
    hidden_size: 2048,
    intermediate_size: 8192,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 2048,
    num_attention_heads: 32,
    num_hidden_layers: 24,
    num_key_value_heads: null,
    qk_layernorm: false,
    resid_pdrop: 0.0,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 51200,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
