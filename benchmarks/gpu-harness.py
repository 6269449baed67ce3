"""Scores the made-up documents of gpu.ts with the Python harness.

usage: gpu-harness.py MODEL DTYPE BATCH < documents.json    ([[context, [continuation, ...]], ...]; prints one JSON line)
"""
import json
import sys
import time

import torch

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

model, dtype, batch = sys.argv[1:4]
documents = json.load(sys.stdin)
lm = HFLM(pretrained=model, dtype=dtype, batch_size=int(batch), device="cuda" if torch.cuda.is_available() else "cpu")
requests = [
    Instance("loglikelihood", {}, (context, continuation), i)
    for i, (context, continuations) in enumerate(documents)
    for continuation in continuations
]
# The first use of a device compiles and loads what it needs.
lm.loglikelihood(requests[:8], disable_tqdm=True)
start = time.perf_counter()
values = [value for value, _ in lm.loglikelihood(requests, disable_tqdm=True)]
print(json.dumps({"seconds": time.perf_counter() - start, "device": str(lm.device), "values": values}))
