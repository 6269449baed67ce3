/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const apertus: ConfigClass = {
  causal: 'ApertusForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 2,
    hidden_act: 'xielu',
    hidden_size: 4096,
    intermediate_size: 14336,
    max_position_embeddings: 65536,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 131072,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  theta: 12000000.0,
};
