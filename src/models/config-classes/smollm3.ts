/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const smollm3: ConfigClass = {
  causal: 'SmolLM3ForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 128001,
    hidden_act: 'silu',
    hidden_size: 2048,
    intermediate_size: 11008,
    layer_types: null,
    max_position_embeddings: 32768,
    mlp_bias: false,
    no_rope_layer_interval: 4,
    no_rope_layers: null,
    num_attention_heads: 16,
    num_hidden_layers: 36,
    num_key_value_heads: 4,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    sliding_window: null,
    tie_word_embeddings: true,
    use_sliding_window: false,
    vocab_size: 128256,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  theta: 2000000.0,
};
