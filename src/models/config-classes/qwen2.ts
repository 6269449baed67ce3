/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen2: ConfigClass = {
  causal: 'Qwen2ForCausalLM',
  defaults: {
    eos_token_id: null,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 22016,
    layer_types: null,
    max_position_embeddings: 32768,
    max_window_layers: 28,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    sliding_window: 4096,
    tie_word_embeddings: false,
    use_sliding_window: false,
    vocab_size: 151936,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
