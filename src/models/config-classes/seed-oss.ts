/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const seedOss: ConfigClass = {
  causal: 'SeedOssForCausalLM',
  defaults: {
    attention_bias: true,
    attention_out_bias: false,
    eos_token_id: 2,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 27648,
    max_position_embeddings: 524288,
    mlp_bias: false,
    num_attention_heads: 80,
    num_hidden_layers: 64,
    num_key_value_heads: 8,
    residual_dropout: 0.1,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 155136,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
