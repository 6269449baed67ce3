/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const dots1: ConfigClass = {
  causal: 'Dots1ForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: null,
    first_k_dense_replace: 0,
    hidden_act: 'silu',
    hidden_size: 4608,
    intermediate_size: 10944,
    layer_types: null,
    max_position_embeddings: 2048,
    max_window_layers: 62,
    moe_intermediate_size: 1408,
    n_group: 1,
    n_routed_experts: null,
    n_shared_experts: null,
    norm_topk_prob: false,
    num_attention_heads: 32,
    num_experts_per_tok: null,
    num_hidden_layers: 62,
    num_key_value_heads: 32,
    output_router_logits: false,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    routed_scaling_factor: 1.0,
    sliding_window: 4096,
    tie_word_embeddings: false,
    topk_group: 1,
    vocab_size: 152064,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  names: {
    num_local_experts: 'n_routed_experts',
  },
};
