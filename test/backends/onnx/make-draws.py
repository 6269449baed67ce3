"""What transformers draws tokens from: probabilities after its warpers, for made-up scores.

usage: make-draws.py OUT.json
"""
import json, sys
import torch, transformers
from transformers import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

torch.manual_seed(1)
RULES = [
    dict(temperature=1.0), dict(temperature=0.8, topP=0.95), dict(temperature=0.8, topP=0.95, topK=50), dict(temperature=0.3, topK=5),
    dict(temperature=2.5, topK=40, topP=0.5), dict(temperature=1.0, topP=0.01), dict(temperature=1.3, topK=1), dict(temperature=0.7, topK=20, topP=0.9, minP=0.05),
    dict(temperature=1.0, minP=0.3), dict(temperature=0.05), dict(temperature=1.0, topK=500),
]
cases = []
for spread in (0.5, 2, 8):
    for rules in RULES:
        # Whole multiples of 2^-12, so that files and float32 hold the same numbers.
        scores = (torch.randn(1, 60) * spread * 4096).round() / 4096
        logits = scores.clone()
        if rules['temperature'] != 1.0: logits = TemperatureLogitsWarper(rules['temperature'])(None, logits)
        if 'topK' in rules: logits = TopKLogitsWarper(rules['topK'])(None, logits)
        if rules.get('topP', 1) < 1: logits = TopPLogitsWarper(rules['topP'])(None, logits)
        if 'minP' in rules: logits = MinPLogitsWarper(rules['minP'])(None, logits)
        probabilities = torch.softmax(logits.double(), -1)[0]
        cases.append({'rules': {'topK': None, 'topP': 1, 'minP': 0, **rules}, 'scores': scores[0].tolist(), 'probabilities': {str(i): p.item() for i, p in enumerate(probabilities) if p > 0}})
json.dump({'transformers': transformers.__version__, 'cases': cases}, open(sys.argv[1], 'w'), separators=(',', ':'))
