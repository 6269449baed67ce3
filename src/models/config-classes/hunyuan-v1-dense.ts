/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const hunyuanV1Dense: ConfigClass = {
  causal: 'HunYuanDenseV1ForCausalLM',
  defaults: {
    attention_bias: false,
    eod_token_id: 3,
    eos_token_id: 2,
    head_dim: null,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 11008,
    max_position_embeddings: 2048,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 290943,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
