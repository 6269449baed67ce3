/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const biogpt: ConfigClass = {
  causal: 'BioGptForCausalLM',
  defaults: {
    activation_dropout: 0.0,
    attention_probs_dropout_prob: 0.1,
    eos_token_id: 2,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0.1,
    hidden_size: 1024,
    intermediate_size: 4096,
    layer_norm_eps: 1e-12,
    layerdrop: 0.0,
    max_position_embeddings: 1024,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    scale_embedding: true,
    tie_word_embeddings: true,
    vocab_size: 42384,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
};
