"""Variants drawn at random: sizes unlike those of variants.py, and every option of a configuration class that is true or false, or has a few values."""
import copy
import dataclasses

import transformers

# No part of what a model computes, or what variants.py decides.
LEFT = {"use_cache", "output_router_logits", "is_decoder", "is_encoder_decoder", "output_hidden_states", "output_attentions", "return_dict", "chunk_size_feed_forward", "use_bidirectional_attention", "add_cross_attention", "torchscript", "use_mamba_kernels", "slow_but_exact", "enable_moe_block", "mamba_conv_bias", "mamba_proj_bias", "use_mem_eff_path", "multi_query", "new_decoder_architecture", "scale_attention_softmax_in_fp32", "attention_softmax_in_fp32", "summary_use_proj", "summary_proj_to_labels", "apply_residual_connection_post_layernorm"}
ACTIVATIONS = ["silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "gelu_fast"]
ROPES = [
    {"rope_type": "default", "rope_theta": 10000.0},
    {"rope_type": "default", "rope_theta": 500000.0},
    {"rope_type": "linear", "rope_theta": 10000.0, "factor": 3.0},
    {"rope_type": "yarn", "rope_theta": 20000.0, "factor": 5.0, "original_max_position_embeddings": 48},
    {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 8.0, "beta_slow": 2.0, "mscale": 0.9, "mscale_all_dim": 0.4},
    {"rope_type": "llama3", "rope_theta": 5000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 96},
    {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0},
]
NUMBERS = {
    "sliding_window": [5, 9, 16, 33, 70], "window_size": [6, 17], "logit_scale": [0.125, 0.3], "embedding_multiplier": [0.5, 6.0], "logits_scaling": [0.5, 3.0],
    "residual_multiplier": [0.3, 0.9], "attention_multiplier": [0.1, 0.5], "query_pre_attn_scalar": [9, 40], "final_logit_softcapping": [4.0, 12.0],
    "attn_logit_softcapping": [2.0, 9.0], "clip_qkv": [0.5, 2.0], "routed_scaling_factor": [0.7, 2.5], "rms_norm_eps": [1e-6, 1e-5, 1e-3], "norm_eps": [1e-5, 1e-3],
    "layer_norm_eps": [1e-5, 1e-3], "layer_norm_epsilon": [1e-5, 1e-3], "num_experts_per_tok": [1, 2, 3], "max_window_layers": [0, 1, 2], "decoder_sparse_step": [1, 2],
    "conv_L_cache": [2, 3, 5], "linear_conv_kernel_dim": [2, 3, 4], "swiglu_limit": [0.5, 3.0], "laurel_rank": [3, 8], "first_k_dense_replace": [0, 1, 2],
}


def fields_of(kind):
    return {f.name: f for f in dataclasses.fields(transformers.CONFIG_MAPPING[kind])}


def draw(config, kind, r):
    """Changes some settings of a text model."""
    fields = fields_of(kind)
    common = {f.name for f in dataclasses.fields(transformers.PreTrainedConfig)} - {"tie_word_embeddings"}
    known = {n: f for n, f in fields.items() if n not in common and n not in LEFT}
    for n, f in known.items():
        value = config.get(n, f.default)
        if isinstance(value, bool) and r.random() < 0.4:
            config[n] = not value
        if n in NUMBERS and value is not None and r.random() < 0.5:
            config[n] = r.choice(NUMBERS[n])
        if n in ("hidden_act", "hidden_activation", "activation_function") and kind not in ("gpt_oss", "apertus", "arcee", "nemotron", "jais2", "nanochat") and r.random() < 0.4:
            config[n] = r.choice(ACTIVATIONS)
    if "rope_parameters" in known and r.random() < 0.5:
        now = config.get("rope_parameters")
        if now is None or (isinstance(now, dict) and "mrope_section" not in now and not any(isinstance(v, dict) for v in now.values()) and now.get("rope_type") in ("default", "yarn", "llama3")):
            config["rope_parameters"] = {**r.choice(ROPES), **{k: v for k, v in (now or {}).items() if k in ("partial_rotary_factor", "llama_4_scaling_beta")}}
    if "head_dim" in config and r.random() < 0.5 and kind not in ("solar_open",):
        config["head_dim"] = r.choice([8, 12, 16, 24])
        if isinstance(config.get("rope_parameters"), dict) and config["rope_parameters"].get("partial_rotary_factor"):
            config["head_dim"] = 16 if config["rope_parameters"]["partial_rotary_factor"] in (0.25, 0.5, 0.75) else config["head_dim"] if config["head_dim"] != 24 else 20
    if "intermediate_size" in config and isinstance(config["intermediate_size"], int) and r.random() < 0.5:
        config["intermediate_size"] = r.choice([36, 64, 100])
    if "num_key_value_heads" in config and config.get("num_attention_heads") in (4, 6, 8) and kind not in ("persimmon",) and r.random() < 0.4:
        config["num_key_value_heads"] = r.choice([1, 2, config["num_attention_heads"]])
    types = config.get("layer_types")
    if types and len(set(types)) > 1 and "num_kv_shared_layers" not in config and r.random() < 0.5:
        config["layer_types"] = r.sample(types, len(types))
    return config


def changed(variant, r):
    """Another variant of the same type. The class may refuse it."""
    v = copy.deepcopy(variant)
    config = v["config"]
    if "text_config" in config:
        draw(config["text_config"], config["text_config"]["model_type"], r)
    else:
        draw(config, v["type"], r)
    return v
