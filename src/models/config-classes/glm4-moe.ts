/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const glm4Moe: ConfigClass = {
  causal: 'Glm4MoeForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: null,
    first_k_dense_replace: 1,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 10944,
    max_position_embeddings: 131072,
    moe_intermediate_size: 1408,
    n_group: 1,
    n_routed_experts: 128,
    n_shared_experts: 1,
    norm_topk_prob: true,
    num_attention_heads: 96,
    num_experts_per_tok: 8,
    num_hidden_layers: 46,
    num_key_value_heads: 8,
    num_mtp_layers: 1,
    output_router_logits: false,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    routed_scaling_factor: 1.0,
    tie_word_embeddings: false,
    topk_group: 1,
    use_qk_norm: false,
    vocab_size: 151552,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  names: {
    num_local_experts: 'n_routed_experts',
    num_nextn_predict_layers: 'num_mtp_layers',
  },
};
