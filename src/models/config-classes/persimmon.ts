/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const persimmon: ConfigClass = {
  causal: 'PersimmonForCausalLM',
  defaults: {
    eos_token_id: 2,
    hidden_act: 'relu2',
    hidden_dropout: 0.0,
    hidden_size: 4096,
    intermediate_size: 16384,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 16384,
    num_attention_heads: 64,
    num_hidden_layers: 36,
    qk_layernorm: true,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 262144,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
