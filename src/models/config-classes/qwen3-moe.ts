/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const qwen3Moe: ConfigClass = {
  causal: 'Qwen3MoeForCausalLM',
  defaults: {
    attention_bias: false,
    decoder_sparse_step: 1,
    eos_token_id: null,
    hidden_act: 'silu',
    hidden_size: 2048,
    intermediate_size: 6144,
    max_position_embeddings: 32768,
    mlp_only_layers: null,
    moe_intermediate_size: 768,
    norm_topk_prob: false,
    num_attention_heads: 32,
    num_experts: 128,
    num_experts_per_tok: 8,
    num_hidden_layers: 24,
    num_key_value_heads: 4,
    output_router_logits: false,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    router_aux_loss_coef: 0.001,
    sliding_window: 4096,
    tie_word_embeddings: false,
    use_sliding_window: false,
    vocab_size: 151936,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  names: {
    num_local_experts: 'num_experts',
  },
};
