/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const arcee: ConfigClass = {
  causal: 'ArceeForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 128001,
    head_dim: null,
    hidden_act: 'relu2',
    hidden_size: 2560,
    intermediate_size: 18432,
    max_position_embeddings: 4096,
    mlp_bias: false,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 32000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
