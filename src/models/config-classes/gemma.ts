/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gemma: ConfigClass = {
  causal: 'GemmaForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 1,
    head_dim: 256,
    hidden_act: 'gelu_pytorch_tanh',
    hidden_size: 3072,
    intermediate_size: 24576,
    max_position_embeddings: 8192,
    num_attention_heads: 16,
    num_hidden_layers: 28,
    num_key_value_heads: 16,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    tie_word_embeddings: true,
    use_bidirectional_attention: null,
    vocab_size: 256000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
