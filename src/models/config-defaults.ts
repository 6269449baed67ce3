/** Written by test/fixtures/model-configs/make_configs.py from the configuration classes of transformers 5.23.0; not to be edited. */

/** A value of JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** What transformers' configuration class of a model type knows. */
export interface ConfigClass {
  /** Its class for language modelling, the name that `architectures` has. */
  readonly causal: string;
  /** Its fields with their defaults, under the names that most classes use. */
  readonly defaults: Readonly<Record<string, JsonValue>>;
  /** Fields of older spellings that it reads, too. */
  readonly older: readonly string[];
  /** Other classes that `architectures` may name. */
  readonly others?: readonly string[];
  /** Its own names of fields that most classes name otherwise. */
  readonly names?: Readonly<Record<string, string>>;
  /** Base of the rotation where a file names none, where that is not 10,000. */
  readonly theta?: number;
  /** Values of `layer_types`, where they are not full and sliding attention. */
  readonly layerTypes?: readonly string[];
  /** Of a model that also takes pictures or sound: the `model_type` of its text model. */
  readonly text?: string;
}

/** By `model_type`. */
export const CONFIG_CLASSES: Readonly<Record<string, ConfigClass>> = {
  llama: {
    causal: 'LlamaForCausalLM',
    defaults: {
      attention_bias: false,
      eos_token_id: 2,
      head_dim: null,
      hidden_act: 'silu',
      hidden_size: 4096,
      intermediate_size: 11008,
      max_position_embeddings: 2048,
      mlp_bias: false,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: null,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      tie_word_embeddings: false,
      vocab_size: 32000,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  },
  mistral: {
    causal: 'MistralForCausalLM',
    defaults: {
      eos_token_id: 2,
      head_dim: null,
      hidden_act: 'silu',
      hidden_size: 4096,
      intermediate_size: 14336,
      max_position_embeddings: 131072,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      sliding_window: 4096,
      tie_word_embeddings: false,
      vocab_size: 32000,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'layer_types'],
  },
  qwen2: {
    causal: 'Qwen2ForCausalLM',
    defaults: {
      eos_token_id: null,
      hidden_act: 'silu',
      hidden_size: 4096,
      intermediate_size: 22016,
      layer_types: null,
      max_position_embeddings: 32768,
      max_window_layers: 28,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      sliding_window: 4096,
      tie_word_embeddings: false,
      use_sliding_window: false,
      vocab_size: 151936,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  },
  qwen3: {
    causal: 'Qwen3ForCausalLM',
    defaults: {
      attention_bias: false,
      eos_token_id: null,
      head_dim: 128,
      hidden_act: 'silu',
      hidden_size: 4096,
      intermediate_size: 22016,
      layer_types: null,
      max_position_embeddings: 32768,
      max_window_layers: 28,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      sliding_window: 4096,
      tie_word_embeddings: false,
      use_sliding_window: false,
      vocab_size: 151936,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  },
  gemma2: {
    causal: 'Gemma2ForCausalLM',
    defaults: {
      attention_bias: false,
      attn_logit_softcapping: 50.0,
      eos_token_id: 1,
      final_logit_softcapping: 30.0,
      head_dim: 256,
      hidden_activation: 'gelu_pytorch_tanh',
      hidden_size: 2304,
      intermediate_size: 9216,
      layer_types: null,
      max_position_embeddings: 8192,
      num_attention_heads: 8,
      num_hidden_layers: 26,
      num_key_value_heads: 4,
      query_pre_attn_scalar: 256,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      sliding_window: 4096,
      tie_word_embeddings: true,
      use_bidirectional_attention: null,
      vocab_size: 256000,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  },
  gemma3_text: {
    causal: 'Gemma3ForCausalLM',
    defaults: {
      attention_bias: false,
      attn_logit_softcapping: null,
      eos_token_id: 1,
      final_logit_softcapping: null,
      head_dim: 256,
      hidden_activation: 'gelu_pytorch_tanh',
      hidden_size: 2304,
      intermediate_size: 9216,
      layer_types: null,
      max_position_embeddings: 131072,
      num_attention_heads: 8,
      num_hidden_layers: 26,
      num_key_value_heads: 4,
      query_pre_attn_scalar: 256,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      sliding_window: 4096,
      tie_word_embeddings: true,
      use_bidirectional_attention: false,
      vocab_size: 262208,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'rope_local_base_freq', 'sliding_window_pattern'],
  },
  qwen3_5_text: {
    causal: 'Qwen3_5ForCausalLM',
    defaults: {
      attention_bias: false,
      eos_token_id: null,
      head_dim: 256,
      hidden_act: 'silu',
      hidden_size: 4096,
      intermediate_size: 12288,
      layer_types: null,
      linear_conv_kernel_dim: 4,
      linear_key_head_dim: 128,
      linear_num_key_heads: 16,
      linear_num_value_heads: 32,
      linear_value_head_dim: 128,
      max_position_embeddings: 32768,
      num_attention_heads: 16,
      num_hidden_layers: 32,
      num_key_value_heads: 4,
      rms_norm_eps: 1e-6,
      rope_parameters: null,
      tie_word_embeddings: false,
      vocab_size: 248320,
    },
    older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'full_attention_interval'],
    layerTypes: ['full_attention', 'linear_attention'],
  },
  qwen3_5: {
    causal: 'Qwen3_5ForConditionalGeneration',
    defaults: {
      tie_word_embeddings: false,
    },
    older: [],
    others: ['Qwen3_5ForCausalLM'],
    text: 'qwen3_5_text',
  },
};
