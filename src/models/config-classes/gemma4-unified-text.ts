/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gemma4UnifiedText: ConfigClass = {
  causal: 'Gemma4UnifiedForCausalLM',
  defaults: {
    attention_bias: false,
    attention_k_eq_v: false,
    eos_token_id: 1,
    final_logit_softcapping: null,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    hidden_size: 2304,
    intermediate_size: 9216,
    layer_types: null,
    max_position_embeddings: 262144,
    num_attention_heads: 8,
    num_hidden_layers: 30,
    num_key_value_heads: 4,
    num_kv_shared_layers: 0,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    sliding_window: 1024,
    tie_word_embeddings: true,
    use_bidirectional_attention: 'vision',
    use_double_wide_mlp: false,
    vocab_size: 262144,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'global_head_dim', 'num_global_key_value_heads', 'per_layer_config'],
};
