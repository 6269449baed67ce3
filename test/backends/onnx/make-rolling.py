"""Log-probabilities of whole texts by the harness, in windows, for the tiny model of the package.

usage: make-rolling.py     (in an environment with lm-eval 0.4.8)     writes rolling.json beside this file
"""
import json, os
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

here = os.path.dirname(os.path.abspath(__file__))
model = os.path.abspath(f'{here}/../../../fixtures/models/tiny-llama')
TEXTS = ['', 'a', 'Kaixo!', 'Etxe txiki bat zegoen mendian.', '  Bi lerro\n\nñabar 😀 dira ', 'Euria ari du Bilbon. ' * 12, ' '.join(str(i) for i in range(160))]
rows = []
for length in (16, 33, 512):
    lm = HFLM(pretrained=model, dtype='float32', batch_size=1, device='cpu', add_bos_token=False, max_length=length, attn_implementation='eager')
    values = lm.loglikelihood_rolling([Instance(request_type='loglikelihood_rolling', doc={}, arguments=(t,), idx=0) for t in TEXTS], disable_tqdm=True)
    rows.append({'max_length': length, 'texts': [{'text': t, 'tokens': len(lm.tok_encode(t)), 'logprob': v} for t, v in zip(TEXTS, values)]})
json.dump(rows, open(f'{here}/rolling.json', 'w'), ensure_ascii=False, indent=1)
