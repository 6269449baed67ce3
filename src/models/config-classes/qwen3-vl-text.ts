/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen3VlText: ConfigClass = {
  causal: 'Qwen3VLTextModel',
  defaults: {
    attention_bias: false,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 22016,
    max_position_embeddings: 128000,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    vocab_size: 151936,
    tie_word_embeddings: true,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  theta: 500000.0,
};
