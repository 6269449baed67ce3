"""Makes tiny random models and odd documents that resemble no sample: what the tests of this folder compare with the reference harness.

usage: make.py OUT --models DIR --data DIR [--only NAME,NAME]
DIR of --models holds tokenizers to reuse (tiny-llama, tiny-llama31, tiny-gemma2); DIR of --data holds documents whose texts are changed.
The models named kept-* lie in this folder with the documents of five tasks; `golden/` is what the reference harness 0.4.8 gave for them
(its harness.py with --limit 3 --gen-limit 1 --batch 1 --threads 1, plain and with --chat; transformers 5.23, float32 on a CPU).
Writes OUT/models/<name>/ and OUT/data/<repo>/<config>/<split>.jsonl. Needs torch, transformers 5, safetensors and tokenizers.
"""
import argparse
import glob
import json
import os
import random
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, CONFIG_MAPPING

ARGS = argparse.ArgumentParser()
ARGS.add_argument("out")
ARGS.add_argument("--models", required=True)
ARGS.add_argument("--data", required=True)
ARGS.add_argument("--only")

# Every variant: model type, tokenizer, settings of the configuration, and what is changed in the files afterwards.
# The reference's library builds the tokenizer of a qwen2 from its own class, whatever tokenizer.json says: those variants have the tokenizer of that class.
# `old`: fields of config.json as older releases write them (None deletes a field). `shards`: number of files. `dtype`: of the files.
SMALL = dict(hidden_size=48, intermediate_size=104, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2)
GEMMA = dict(SMALL, head_dim=16, num_hidden_layers=4, query_pre_attn_scalar=16, sliding_window=24)
VARIANTS = {
    "llama-bias-f16-shards": dict(type="llama", tok="llama", dtype="float16", shards=5, head_dim=24, attention_bias=True, mlp_bias=True, vocab_size=1283, tie_word_embeddings=False),
    "llama-linear-new": dict(type="llama", tok="llama31", rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}),
    "llama-linear-old": dict(type="llama", tok="llama", dtype="bfloat16", old={"rope_parameters": None, "rope_theta": 50000.0, "rope_scaling": {"type": "linear", "factor": 2.5}}, tie_word_embeddings=True),
    "llama-llama3-new": dict(type="llama", tok="llama31", rope_parameters={"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 2.0, "original_max_position_embeddings": 64, "rope_theta": 5000.0}),
    "llama-context-128": dict(type="llama", tok="llama31", max_position_embeddings=128, tie_word_embeddings=True),
    "llama-context-300": dict(type="llama", tok="llama", max_position_embeddings=300, attention_bias=True),
    "llama-bare": dict(type="llama", tok="llama", num_key_value_heads=4, hidden_size=64, eos=[2, 17, 300], old={k: None for k in ("max_position_embeddings", "num_key_value_heads", "head_dim", "rms_norm_eps", "hidden_act", "tie_word_embeddings", "rope_parameters", "attention_bias", "mlp_bias", "bos_token_id", "dtype")}, no_generation_config=True),
    "llama-gelu": dict(type="llama", tok="llama31", hidden_act="gelu", num_key_value_heads=1, num_attention_heads=3, rms_norm_eps=1e-3, head_dim=32),
    "mistral-full": dict(type="mistral", tok="llama31", sliding_window=None, head_dim=32, tie_word_embeddings=True),
    "mistral-window": dict(type="mistral", tok="llama", sliding_window=19, dtype="bfloat16", shards=4),
    "mistral-bare": dict(type="mistral", tok="llama31", old={"sliding_window": None, "head_dim": None, "rope_parameters": None}, rope_theta=10000.0),
    "qwen2-window": dict(type="qwen2", tok="nfc", use_sliding_window=True, sliding_window=21, max_window_layers=1, tie_word_embeddings=False),
    "qwen2-window-old": dict(type="qwen2", tok="nfc", use_sliding_window=True, sliding_window=30, max_window_layers=2, old={"layer_types": None, "rope_parameters": None, "rope_theta": 1000000.0}, dtype="float16", tie_word_embeddings=True),
    "qwen2-window-off": dict(type="qwen2", tok="nfc", use_sliding_window=False, old={"layer_types": None, "sliding_window": 20, "max_window_layers": 0}, vocab_size=1333, shards=4),
    "qwen3-bias-types": dict(type="qwen3", tok="llama", attention_bias=True, use_sliding_window=True, sliding_window=33, layer_types=["sliding_attention", "full_attention", "sliding_attention"], head_dim=20, tie_word_embeddings=True),
    "qwen3-old": dict(type="qwen3", tok="llama", use_sliding_window=True, sliding_window=25, max_window_layers=1, head_dim=32, dtype="float16", shards=6, old={"layer_types": None, "rope_parameters": None, "rope_theta": 1000000, "rope_scaling": None}),
    "gemma2-f16": dict(GEMMA, type="gemma2", tok="gemma2", dtype="float16", query_pre_attn_scalar=37, attn_logit_softcapping=3.0, final_logit_softcapping=5.0),
    "gemma2-bf16-nocaps": dict(GEMMA, type="gemma2", tok="gemma2", dtype="bfloat16", attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=True, shards=4),
    "gemma2-old": dict(GEMMA, type="gemma2", tok="gemma2", old={"layer_types": None, "rope_parameters": None, "rope_theta": 10000.0}, max_position_embeddings=280),
    "gemma2-bare": dict(GEMMA, type="gemma2", tok="gemma2", num_hidden_layers=2, hidden_size=32, head_dim=256, query_pre_attn_scalar=256, attn_logit_softcapping=50.0, final_logit_softcapping=30.0, old={k: None for k in ("head_dim", "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping", "layer_types", "tie_word_embeddings", "hidden_activation", "rope_parameters", "rms_norm_eps", "attention_bias")}),
    "gemma3-pattern-old": dict(GEMMA, type="gemma3_text", tok="gemma2", num_hidden_layers=5, old={"layer_types": None, "_sliding_window_pattern": None, "sliding_window_pattern": 2, "rope_parameters": None, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0}),
    "gemma3-linear-old": dict(GEMMA, type="gemma3_text", tok="gemma2", dtype="bfloat16", old={"layer_types": None, "_sliding_window_pattern": None, "sliding_window_pattern": 3, "rope_parameters": None, "rope_theta": 500000.0, "rope_local_base_freq": 5000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
    "gemma3-linear-new": dict(GEMMA, type="gemma3_text", tok="gemma2", layer_types=["full_attention", "sliding_attention", "sliding_attention", "full_attention"], rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}, query_pre_attn_scalar=23, attention_bias=True, tie_word_embeddings=False),
    "gemma3-bare": dict(GEMMA, type="gemma3_text", tok="gemma2", num_hidden_layers=7, final_logit_softcapping=6.0, old={k: None for k in ("layer_types", "_sliding_window_pattern", "rope_parameters", "tie_word_embeddings", "hidden_activation", "rms_norm_eps", "max_position_embeddings")} | {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}),
    "llama-2-tokenizer": dict(type="llama", tok="llama2", dtype="float16", max_position_embeddings=2048),
    "mistral-metaspace-tokenizer": dict(type="mistral", tok="metaspace", sliding_window=50),
    "qwen2-nfc-tokenizer": dict(type="qwen2", tok="nfc"),
    # Small enough to lie in the repository, with goldens.
    "kept-llama": dict(type="llama", tok="llama", dtype="float16", shards=5, hidden_size=36, num_attention_heads=3, num_key_value_heads=1, attention_bias=True, mlp_bias=True, vocab_size=1283, max_position_embeddings=300, tie_word_embeddings=True, old={"rope_parameters": None, "rope_theta": 50000.0, "rope_scaling": {"type": "linear", "factor": 2.5}}),
    "kept-llama-2": dict(type="llama", tok="llama2", dtype="float16", hidden_size=40, num_attention_heads=2, num_key_value_heads=2, vocab_size=1100),
    "kept-gemma2": dict(GEMMA, type="gemma2", tok="gemma2", dtype="float16", hidden_size=32, intermediate_size=48, num_hidden_layers=3, head_dim=12, query_pre_attn_scalar=37, attn_logit_softcapping=50.0, final_logit_softcapping=30.0, old={k: None for k in ("attn_logit_softcapping", "final_logit_softcapping", "layer_types", "hidden_activation", "tie_word_embeddings", "rope_parameters")}),
    "kept-gemma3": dict(GEMMA, type="gemma3_text", tok="gemma2", dtype="bfloat16", hidden_size=32, intermediate_size=48, num_hidden_layers=7, old={k: None for k in ("layer_types", "_sliding_window_pattern", "rope_parameters", "tie_word_embeddings", "hidden_activation", "rms_norm_eps")} | {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}),
    "llama-3-tokenizer": dict(type="llama", tok="llama3", tie_word_embeddings=True),
}


def randomise(model, seed):
    """Fills every weight, biases and norms included, widely enough that answers differ; a Gemma norm is stored as weight - 1."""
    torch.manual_seed(seed)
    for name, p in model.named_parameters():
        if "norm" in name:
            p.data = 0.2 * torch.randn_like(p) + (0 if "gemma" in model.config.model_type else 1)
        elif name.endswith("bias"):
            p.data = 0.3 * torch.randn_like(p)
        else:
            p.data = 0.2 * torch.randn_like(p)


def split(folder, shards):
    """Splits model.safetensors into files with an index, tensors dealt in turn so that layers lie across files."""
    tensors = load_file(f"{folder}/model.safetensors")
    names, where = sorted(tensors), {}
    for i in range(shards):
        file = f"model-{i + 1:05d}-of-{shards:05d}.safetensors"
        part = {n: tensors[n].clone() for n in names[i::shards]}
        save_file(part, f"{folder}/{file}", metadata={"format": "pt"})
        where.update({n: file for n in part})
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    json.dump({"metadata": {"total_size": size}, "weight_map": where}, open(f"{folder}/model.safetensors.index.json", "w"))
    os.remove(f"{folder}/model.safetensors")


def edit(file, changes):
    config = json.load(open(file))
    for key, value in changes.items():
        if value is None:
            config.pop(key, None)
        else:
            config[key] = value
    json.dump(config, open(file, "w"), indent=1)


def texts(data):
    for file in sorted(glob.glob(f"{data}/**/*.jsonl", recursive=True)):
        for line in open(file, encoding="utf8"):
            for value in json.loads(line).values():
                if isinstance(value, str):
                    yield value


def train_tokenizer(kind, data, folder, chat):
    """Trains a small byte-pair tokenizer of a kind that no sample has."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    fallback = kind in ("llama2", "metaspace")
    specials = ["<unk>", "<s>", "</s>"] if fallback else ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    added = [f"<0x{i:02X}>" for i in range(256)] if fallback else []
    if kind == "llama2":
        t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    elif kind == "metaspace":
        t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
        t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    else:
        t = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
        digits = r"\p{N}{1,3}" if kind == "llama3" else r"\p{N}"
        expression = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + digits + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        t.decoder = decoders.ByteLevel()
        if kind == "nfc":
            t.normalizer = normalizers.NFC()
    keep = t.pre_tokenizer
    if fallback:
        t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never" if kind == "llama2" else "first", split=True)
    alphabet = [] if fallback else pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(texts(data), trainers.BpeTrainer(vocab_size=900, special_tokens=specials + added, initial_alphabet=alphabet, show_progress=False))
    t.pre_tokenizer = keep
    if fallback:
        t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    os.makedirs(folder, exist_ok=True)
    t.save(f"{folder}/tokenizer.json")
    if fallback:
        edit_tokens(f"{folder}/tokenizer.json", 3)
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": specials[2], "clean_up_tokenization_spaces": False}
    if fallback:
        config |= {"bos_token": {"__type": "AddedToken", "content": "<s>", "lstrip": False, "rstrip": False, "normalized": False, "single_word": False}, "unk_token": "<unk>", "add_bos_token": True}
        config["chat_template"] = "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'].strip() + ' [/INST]' }}{% else %}{{ ' ' + m['content'].strip() + eos_token }}{% endif %}{% endfor %}"
    else:
        config["chat_template"] = chat
    json.dump(config, open(f"{folder}/tokenizer_config.json", "w"), indent=1)


def edit_tokens(file, count):
    """Byte tokens are ordinary tokens of the vocabulary: only the first `count` stay added tokens."""
    tokenizer = json.load(open(file))
    tokenizer["added_tokens"] = tokenizer["added_tokens"][:count]
    json.dump(tokenizer, open(file, "w"), ensure_ascii=False)


def make_model(name, variant, args, seed):
    v = dict(SMALL) | variant
    folder = f"{args.out}/models/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    kind, tok, dtype, shards, old, eos = v.pop("type"), v.pop("tok"), v.pop("dtype", "float32"), v.pop("shards", 1), v.pop("old", {}), v.pop("eos", None)
    bare = v.pop("no_generation_config", False)
    source = f"{args.models}/tiny-{tok}"
    if os.path.isdir(source):
        for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            shutil.copyfile(f"{source}/{file}", f"{folder}/{file}")
    else:
        train_tokenizer(tok, args.data, folder, open(f"{args.models}/tiny-llama/chat_template.jinja", encoding="utf8").read())
    ids = {"llama": (None, 2), "llama31": (0, 3), "gemma2": (2, 1), "llama2": (1, 2), "metaspace": (1, 2)}.get(tok, (None, 2))
    v = {"vocab_size": 1200, "max_position_embeddings": 4096, "bos_token_id": ids[0], "eos_token_id": eos or ids[1], "pad_token_id": None} | v
    config = CONFIG_MAPPING[kind](**v)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    randomise(model, seed)
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    if bare:
        os.remove(f"{folder}/generation_config.json")
    edit(f"{folder}/config.json", old)
    if shards > 1:
        split(folder, shards)


# Texts that trip programs which count, trim, cut or encode differently.
ODD = [
    "cafe\u0301 n\u0303andu\u0301 Å A\u030a",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽",
    "你好，世界。これはテスト",
    "مرحبا بالعالم שלום",
    "tab\there\t",
    "  both ends  ",
    "",
    "0012345678901234567890",
    "3",
    "one\n\ntwo\r\nthree",
    "\u00a0no-break\u202f\u200bzero\u200d width\ufeff",
    "nul-ish \x1c\x1d\x1e\x85 end\x1f",
    "\u2028line\u2029para\u3000",
    "<|im_end|> </s> <bos> <|eot|> <unk>",
    "İstanbul ẞ ﬁ Ǆ ß",
    "a{{ b }}{% c %} {# d #}",
    "\"quotes\" \\ back\\nslash / </script> é",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🜁",
    "don't we'll I'M it'D",
    "a" * 90,
    ("luzea oso " * 30).strip(),
    "-1,234.50 1e-7 ½ ²",
]

CONTINUATIONS = ("text", "sol1", "sol2", "sentence_quiz1", "sentence_quiz2", "sentence_good", "sentence_bad")


def change(value, rnd, key):
    """Changes some of the texts inside a value; keys that say which answer is right stay."""
    if isinstance(value, str) and key not in ("answerKey", "correct_answer_num", "question_polarity", "context_condition", "label"):
        dice = rnd.random()
        # An empty continuation has no token in a chat: the harness stops there.
        odd = rnd.choice([t for t in ODD if t or key not in CONTINUATIONS])
        return value if dice < 0.45 else odd if dice < 0.75 else value + " " + odd if dice < 0.9 else odd + value
    if isinstance(value, list) and key not in ("label", "stereotyped_groups"):
        return [change(v, rnd, key) for v in value]
    if isinstance(value, dict) and key not in ("answer_info", "additional_metadata"):
        return {k: change(v, rnd, k) for k, v in value.items()}
    return value


def make_data(args):
    """Rewrites every file of documents: other texts, and fields that no task reads (floats that are whole numbers, large integers, nested lists, nulls)."""
    for file in sorted(glob.glob(f"{args.data}/**/*.jsonl", recursive=True)):
        where = os.path.join(args.out, "data", os.path.relpath(file, args.data))
        rnd = random.Random(where.split("/data/")[-1])
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "w", encoding="utf8") as out:
            for i, line in enumerate(open(file, encoding="utf8")):
                doc = change(json.loads(line), rnd, None)
                numbers = [0.0, 1.0, -0.0, 1e16, 1e-7, 123456789012345.0, 0.1, 2.5e-5, 1e22]
                doc |= {"weight": numbers[i % len(numbers)], "big": 2**53 + 1 + i, "tags": [rnd.choice(ODD)] * (i % 3), "flag": i % 2 == 0, "more": {"z": None, "a": 1.0 * i}}
                out.write(json.dumps(doc, ensure_ascii=i % 2 == 0) + "\n")


def main():
    args = ARGS.parse_args()
    wanted = args.only.split(",") if args.only else VARIANTS
    make_data(args)
    for i, (name, variant) in enumerate(VARIANTS.items()):
        if name in wanted:
            make_model(name, variant, args, 1000 + i)
            print(name, sum(os.path.getsize(f) for f in glob.glob(f"{args.out}/models/{name}/*")) // 1000, "kB", flush=True)


main()
