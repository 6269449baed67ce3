/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const starcoder2: ConfigClass = {
  causal: 'Starcoder2ForCausalLM',
  defaults: {
    embedding_dropout: 0.0,
    eos_token_id: 50256,
    hidden_act: 'gelu_pytorch_tanh',
    hidden_size: 3072,
    intermediate_size: 12288,
    max_position_embeddings: 4096,
    norm_epsilon: 1e-5,
    num_attention_heads: 24,
    num_hidden_layers: 30,
    num_key_value_heads: 2,
    residual_dropout: 0.0,
    rope_parameters: null,
    sliding_window: null,
    tie_word_embeddings: true,
    use_bias: true,
    vocab_size: 49152,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
