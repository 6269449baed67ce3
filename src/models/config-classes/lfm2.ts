/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const lfm2: ConfigClass = {
  causal: 'Lfm2ForCausalLM',
  defaults: {
    block_auto_adjust_ff_dim: true,
    block_ffn_dim_multiplier: 1.0,
    block_multiple_of: 256,
    conv_L_cache: 3,
    conv_bias: false,
    eos_token_id: 2,
    full_attn_idxs: null,
    hidden_size: 2560,
    intermediate_size: 12288,
    layer_types: null,
    max_position_embeddings: 128000,
    norm_eps: 1e-5,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    rope_parameters: null,
    tie_word_embeddings: true,
    vocab_size: 65536,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'tie_embedding', 'block_ff_dim'],
  theta: 1000000.0,
  layerTypes: ['full_attention', 'conv'],
};
