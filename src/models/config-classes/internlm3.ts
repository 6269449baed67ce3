/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const internlm3: ConfigClass = {
  causal: 'LlamaForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 2,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 10240,
    max_position_embeddings: 32768,
    mlp_bias: false,
    num_attention_heads: 32,
    num_hidden_layers: 48,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 128512,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    qkv_bias: 'attention_bias',
    bias: 'mlp_bias',
  },
};
