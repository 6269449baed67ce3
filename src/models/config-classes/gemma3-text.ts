/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gemma3Text: ConfigClass = {
  causal: 'Gemma3ForCausalLM',
  defaults: {
    attention_bias: false,
    attn_logit_softcapping: null,
    eos_token_id: 1,
    final_logit_softcapping: null,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    hidden_size: 2304,
    intermediate_size: 9216,
    layer_types: null,
    max_position_embeddings: 131072,
    num_attention_heads: 8,
    num_hidden_layers: 26,
    num_key_value_heads: 4,
    query_pre_attn_scalar: 256,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    sliding_window: 4096,
    tie_word_embeddings: true,
    use_bidirectional_attention: false,
    vocab_size: 262208,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'rope_local_base_freq', 'sliding_window_pattern'],
};
