"""Makes what the tests of this folder compare with: for each variant of variants.py a tiny model, and what transformers computes for it.

usage: make_models.py [--only NAME,NAME] [--harness] [--check]
       make_models.py --random N --into FOLDER [--only NAME,NAME] [--seed S]
Writes models/NAME.json: config.json as transformers saves it, names and shapes of the tensors as it saves them with the numbers that formula.py
needs to fill them, and for documents.json the log-probability and greedy flag of every continuation and the greedily generated texts
(float32, eager attention, each text by itself). --harness compares some with lm-eval's HFLM; --check says which tensors change no answer.
--random changes N times each variant that is chosen, in sizes and options drawn at random (random_variants.py), and writes FOLDER/NAME.N.json;
the test of this folder reads them with EUS_EVAL_MODELS_FROM=FOLDER.
Needs torch, transformers 5.23, safetensors, tokenizers (and lm-eval 0.4.8).
"""
import argparse
import json
import math
import os
import random
import re
import shutil
import sys
import tempfile
import warnings

import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from formula import values
from random_variants import changed
from variants import VARIANTS

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENIZER = os.path.join(HERE, "../../../fixtures/models/tiny-llama/tokenizer.json")
DOCUMENTS = json.load(open(os.path.join(HERE, "documents.json"), encoding="utf8"))
EOS = 2
# Nearer than this the greedy choice would hang on the last digits.
MARGIN = 1e-3


def fill_of(name, shape, v, buffers, tied):
    """Scale and offset of a tensor; scales are powers of two, so that values are exact."""
    for pattern, fill in v.get("fills", {}).items():
        if re.search(pattern, name):
            return fill
    if name in buffers:
        return 0, buffers[name]
    if re.search(v["unused"], name):
        return 0.125, 0
    norm = re.search(r"(norm\d?|ln_?\w*|layernorm\w*|layer_norm\w*|_ln)\.weight$", name) or (len(shape) == 1 and name.endswith(".weight"))
    if norm:
        return 0.25, 0 if v["norm_minus_one"] else 1
    if len(shape) <= 1:
        return 0.25, 0
    if re.search(r"embed_tokens|wte|word_embeddings|embed_in|embeddings?\.weight$", name):
        # A large embedding that is the output layer, too, would make every model repeat its last token.
        return 0.25 if tied else 1, 0
    if re.search(r"wpe|embed_positions", name):
        return 0.5, 0
    inputs = shape[0] if re.search(v["transposed"], name) else math.prod(shape[1:]) if len(shape) != 3 or "conv" in name else shape[2]
    return 2.0 ** round(math.log2(math.sqrt(3) * v["gain"] / math.sqrt(inputs))), 0


def without_timm():
    """The pictures' part of Gemma 3n comes from another library; no text reaches it, so nothing stands in its place."""
    from transformers.models.gemma3n import modeling_gemma3n

    class Part(torch.nn.Module):
        def __init__(self, config):
            super().__init__()
            self.config = config

    modeling_gemma3n.AutoModel = type("AutoModel", (), {"from_config": staticmethod(lambda config: Part(config) if config.model_type == "gemma3n_vision" else transformers.AutoModel.from_config(config))})


def build(name, v, folder):
    """Saves a random model of the variant, fills its files by the formula, and returns what the fixture says of them."""
    config_class = transformers.CONFIG_MAPPING[v["type"]]
    settings = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None} | v["config"]
    text = settings.get("text_config")
    if text is not None:
        settings["text_config"] = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None} | text
    config = config_class(**settings)
    torch.manual_seed(0)
    auto = getattr(transformers, v.get("auto", "AutoModelForCausalLM"))
    if v["type"] == "gemma3n":
        without_timm()
    model = auto.from_config(config, attn_implementation=v.get("attention", "eager"))
    model.save_pretrained(folder)
    names = {n for n, _ in model.named_parameters()}
    buffers = {n: float(b.flatten()[0]) for n, b in model.named_buffers() if b.numel() > 0 and bool((b == b.flatten()[0]).all())}
    file = f"{folder}/model.safetensors"
    tensors, filled = [], {}
    with safe_open(file, "numpy") as saved:
        tied = not any(re.search(r"lm_head|embed_out|output", n) for n in saved.keys())
        pattern, replacement = v.get("renamed", ("^$", ""))
        for own in sorted(saved.keys()):
            tensor = re.sub(pattern, replacement, own)
            shape = list(saved.get_slice(own).get_shape())
            scale, offset = fill_of(tensor, shape, v, {} if own in names else buffers, tied)
            tensors.append([tensor, shape, scale, offset])
            filled[tensor] = values(f"{name} {tensor}", shape, scale, offset)
    save_file(filled, file, metadata={"format": "pt"})
    # What the class itself derives is left to it; what an older release or a hub page wrote is put in its place.
    saved = json.load(open(f"{folder}/config.json"))
    for key, value in v.get("written", {}).items():
        target = saved
        *path, last = key.split(".")
        for step in path:
            target = target[step]
        if value is None:
            target.pop(last, None)
        else:
            target[last] = value
    json.dump(saved, open(f"{folder}/config.json", "w"))
    model, info = auto.from_pretrained(folder, attn_implementation=v.get("attention", "eager"), dtype=torch.float32, output_loading_info=True)
    missing = [k for k in info["missing_keys"]]
    assert not missing and not info["unexpected_keys"] and not info["mismatched_keys"], info
    model.eval()
    model.generation_config.eos_token_id = None
    return saved, group(tensors), model


def group(tensors):
    """Layers whose tensors have the same shape and numbers in one row: `*` stands for the layers that follow."""
    rows = {}
    for name, shape, scale, offset in tensors:
        match = re.search(r"\.(\d+)\.", name)
        key = (name if match is None else f"{name[:match.start(1)]}*{name[match.end(1):]}", tuple(shape), scale, offset)
        rows.setdefault(key, []).append(None if match is None else int(match.group(1)))
    return [[name, list(shape), scale, offset] + ([] if layers == [None] else [sorted(layers)]) for (name, shape, scale, offset), layers in rows.items()]


def logits_of(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float()


def tokens_of(tokenizer, context, continuation):
    """The harness's rule: white space at the end of a context moves to the continuation; an empty context is the end of a text."""
    head = context.rstrip()
    whole = tokenizer.encode(context + continuation, add_special_tokens=False).ids
    if context == "":
        return [EOS], whole
    ids = tokenizer.encode(head, add_special_tokens=False).ids
    return ids, whole[len(ids):]


def answers(model, tokenizer):
    """Log-probability and greedy flag of every continuation, texts, and the smallest margin of any decision (0 where the texts repeat themselves)."""
    choices, texts, kinds, least = [], [], set(), math.inf
    for document in DOCUMENTS["choices"]:
        row = []
        for continuation in document["continuations"]:
            context, target = tokens_of(tokenizer, document["context"], continuation)
            scored = logits_of(model, (context + target)[:-1])[-len(target):]
            logprobs = torch.log_softmax(scored, -1)
            top = scored.topk(2, -1).values
            least = min(least, float((top[:, 0] - top[:, 1]).min()))
            row.append([round(float(logprobs[range(len(target)), target].sum()), 6), bool((scored.argmax(-1) == torch.tensor(target)).all())])
        choices.append(row)
    for document in DOCUMENTS["generate"]:
        ids = torch.tensor([tokenizer.encode(document["prompt"], add_special_tokens=False).ids])
        with torch.no_grad():
            out = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=document["tokens"], do_sample=False, pad_token_id=0,
                return_dict_in_generate=True, output_logits=True, use_cache=True,
            )
        new = out.sequences[0, ids.shape[1]:].tolist()
        for step in out.logits:
            top = step[0].topk(2).values
            least = min(least, float(top[0] - top[1]))
        # The end-of-text token would end the test's text.
        if EOS in new:
            least = 0
        kinds |= set(new)
        texts.append(tokenizer.decode(new, skip_special_tokens=True))
    return choices, texts, least if len(kinds) > 7 else 0


def check(name, v, model, tokenizer):
    """Says which tensors change nothing when they are changed a little: a fault in them would go unseen."""
    context, target = tokens_of(tokenizer, DOCUMENTS["choices"][4]["context"], DOCUMENTS["choices"][4]["continuations"][0])
    run = lambda: torch.log_softmax(logits_of(model, (context + target)[:-1])[-len(target):], -1)[range(len(target)), target]
    before = run()
    spread = float(torch.log_softmax(logits_of(model, context), -1).std())
    print(f"  {name}: score {float(before.sum()):.3f}, spread of log-probabilities {spread:.2f}")
    for tensor, p in model.named_parameters():
        if re.search(v["unused"], tensor):
            continue
        keep = p.data.clone()
        p.data = keep * (1 + 0.1 * torch.rand_like(keep)) + (0.01 if keep.ndim == 1 else 0)
        change = float((run() - before).abs().max())
        p.data = keep
        if not change > 5e-4:
            print(f"    {tensor}: changes an answer by {change:.1e}")


def harness(model, choices, texts):
    """The same answers from lm-eval's own model class."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=TOKENIZER, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    lm = HFLM(pretrained=model, tokenizer=tokenizer, device="cpu", batch_size=1, add_bos_token=False)
    pairs = [(d["context"], c) for d in DOCUMENTS["choices"] for c in d["continuations"]]
    got = lm.loglikelihood([Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)], disable_tqdm=True)
    want = [pair for row in choices for pair in row]
    worst = max(abs(g[0] - w[0]) for g, w in zip(got, want))
    assert all(g[1] == w[1] for g, w in zip(got, want))
    prompts = [(d["prompt"], {"until": ["<|im_end|>"], "max_gen_toks": d["tokens"], "do_sample": False}) for d in DOCUMENTS["generate"]]
    assert lm.generate_until([Instance("generate_until", {}, p, i) for i, p in enumerate(prompts)], disable_tqdm=True) == texts
    print(f"  lm-eval: the same flags and texts, largest difference {worst:.1e}")


def write(name, fixture, folder=None):
    folder = folder or f"{HERE}/models"
    lines = [f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in fixture.items() if key not in ("tensors", "choices")]
    for key in ("tensors", "choices"):
        lines.append(f'"{key}": [\n  ' + ",\n  ".join(json.dumps(row) for row in fixture[key]) + "\n]")
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{name}.json", "w", encoding="utf8") as out:
        out.write("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--into")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--harness", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.filterwarnings("ignore")
    tokenizer = Tokenizer.from_file(TOKENIZER)
    failed = []
    chosen = {n: v for n, v in VARIANTS.items() if not args.only or any(re.fullmatch(p, n) for p in args.only.split(","))}
    if args.random:
        chosen = {f"{n}.{i}": changed(v, random.Random(f"{args.seed} {n} {i}")) for n, v in chosen.items() for i in range(args.random)}
    for name, variant in chosen.items():
        v = {"unused": r"^$|visual|vision|multi_modal|audio|^model\.embed_(vision|audio)", "norm_minus_one": False, "transposed": "^$", "gain": 1.3} | variant
        try:
            # Another name for the hash where two candidates are so near that the last digits would decide.
            for attempt in range(20):
                seed = name if attempt == 0 else f"{name} {attempt}"
                folder = tempfile.mkdtemp()
                config, tensors, model = build(seed, v, folder)
                shutil.rmtree(folder)
                choices, texts, least = answers(model, tokenizer)
                assert all(math.isfinite(x) for row in choices for x, _ in row), choices
                if least > MARGIN:
                    break
            else:
                raise RuntimeError(f"no seed has margins wide enough and texts that do not repeat themselves: {texts}")
            write(name, {"type": v["type"], "seed": seed, "config": config, "tensors": tensors, "choices": choices, "texts": texts}, args.into)
            print(f"{name}: {sum(len(r) for r in choices)} scores, {len(texts)} texts, least margin {least:.1e}", flush=True)
            if args.check:
                check(name, v, model, tokenizer)
            if args.harness:
                harness(model, choices, texts)
        except Exception as error:  # noqa: BLE001: the others go on, and the last line says what is missing
            # A configuration that the class itself refuses says nothing.
            if not args.random:
                failed.append(name)
            print(f"{name}: FAILED: {type(error).__name__}: {str(error)[:600]}", flush=True)
            if os.environ.get("TRACE"):
                import traceback
                traceback.print_exc()
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


main()
