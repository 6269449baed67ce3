/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const solarOpen: ConfigClass = {
  causal: 'SolarOpenForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: null,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 4096,
    max_position_embeddings: 131072,
    moe_intermediate_size: 1280,
    n_group: 1,
    n_routed_experts: 128,
    n_shared_experts: 1,
    norm_topk_prob: true,
    num_attention_heads: 64,
    num_experts_per_tok: 8,
    num_hidden_layers: 48,
    num_key_value_heads: 8,
    output_router_logits: false,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    routed_scaling_factor: 1.0,
    tie_word_embeddings: false,
    topk_group: 1,
    vocab_size: 196608,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    num_local_experts: 'n_routed_experts',
  },
  theta: 1000000.0,
};
