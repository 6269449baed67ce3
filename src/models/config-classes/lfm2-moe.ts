/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const lfm2Moe: ConfigClass = {
  causal: 'Lfm2MoeForCausalLM',
  defaults: {
    conv_L_cache: 3,
    conv_bias: false,
    eos_token_id: 2,
    hidden_size: 2048,
    intermediate_size: 7168,
    layer_types: null,
    max_position_embeddings: 128000,
    moe_intermediate_size: 1792,
    norm_eps: 1e-5,
    norm_topk_prob: true,
    num_attention_heads: 32,
    num_dense_layers: 2,
    num_experts: 32,
    num_experts_per_tok: 4,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    output_router_logits: false,
    rope_parameters: null,
    routed_scaling_factor: 1.0,
    tie_word_embeddings: true,
    use_expert_bias: true,
    vocab_size: 65536,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'tie_embedding'],
  theta: 1000000.0,
  layerTypes: ['full_attention', 'conv'],
};
