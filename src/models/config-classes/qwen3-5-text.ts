/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen35Text: ConfigClass = {
  causal: 'Qwen3_5ForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: null,
    head_dim: 256,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 12288,
    layer_types: null,
    linear_conv_kernel_dim: 4,
    linear_key_head_dim: 128,
    linear_num_key_heads: 16,
    linear_num_value_heads: 32,
    linear_value_head_dim: 128,
    max_position_embeddings: 32768,
    num_attention_heads: 16,
    num_hidden_layers: 32,
    num_key_value_heads: 4,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 248320,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'full_attention_interval'],
  layerTypes: ['full_attention', 'linear_attention'],
};
