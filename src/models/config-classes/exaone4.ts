/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const exaone4: ConfigClass = {
  causal: 'Exaone4ForCausalLM',
  defaults: {
    eos_token_id: 2,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 16384,
    layer_types: null,
    max_position_embeddings: 2048,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    sliding_window: 4096,
    sliding_window_pattern: 4,
    tie_word_embeddings: false,
    vocab_size: 102400,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
