/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const phi3: ConfigClass = {
  causal: 'Phi3ForCausalLM',
  defaults: {
    embd_pdrop: 0.0,
    eos_token_id: 32000,
    hidden_act: 'silu',
    hidden_size: 3072,
    intermediate_size: 8192,
    max_position_embeddings: 4096,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    original_max_position_embeddings: 4096,
    resid_pdrop: 0.0,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    sliding_window: null,
    tie_word_embeddings: false,
    vocab_size: 32064,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
