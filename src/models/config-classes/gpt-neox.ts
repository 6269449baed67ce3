/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gptNeox: ConfigClass = {
  causal: 'GPTNeoXForCausalLM',
  defaults: {
    attention_bias: true,
    classifier_dropout: 0.1,
    eos_token_id: 2,
    hidden_act: 'gelu',
    hidden_dropout: 0.0,
    hidden_size: 6144,
    intermediate_size: 24576,
    is_decoder: false,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 2048,
    num_attention_heads: 64,
    num_hidden_layers: 44,
    rope_parameters: null,
    tie_word_embeddings: false,
    use_parallel_residual: true,
    vocab_size: 50432,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'rotary_pct', 'rotary_emb_base'],
};
