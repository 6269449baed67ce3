"""What the harness makes of the task files in fixtures/tasks: prompts, continuations, targets, hashes.

usage: make-foreign.py     (in an environment with lm-eval 0.4.8)     writes fixtures/tasks/expected.json
The task files run as they are; only dataset_path is turned to the files beside them.
"""
import glob, json, os, re, shutil, sys, tempfile

os.environ['HF_HUB_OFFLINE'] = os.environ['HF_DATASETS_OFFLINE'] = '1'
import datasets
import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

here = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../fixtures/tasks'))
real = datasets.load_dataset
def load(path, name=None, **_):
    rows = {os.path.basename(f)[:-6]: [json.loads(line) for line in open(f)] for f in glob.glob(f'{here}/data/{path}/{name or "default"}/*.jsonl')}
    return datasets.DatasetDict({split: datasets.Dataset.from_list(r) for split, r in rows.items()})
datasets.load_dataset = load

class Echo(LM):
    tokenizer_name = 'none'
    def apply_chat_template(self, messages, add_generation_prompt=True):
        return json.dumps({'messages': messages, 'generate': add_generation_prompt}, ensure_ascii=False)
    def chat_template(self, name=False): return ''
    def loglikelihood(self, requests): return [(-1.0, False) for _ in requests]
    def loglikelihood_rolling(self, requests): raise NotImplementedError
    def generate_until(self, requests): return ['' for _ in requests]

folder = tempfile.mkdtemp()
for f in glob.glob(f'{here}/*.yaml'): shutil.copy(f, folder)
manager = TaskManager(include_path=folder, include_defaults=False)
variants = {
    'plain': {},
    'plain, instruction': {'system_instruction': 'Be brief.'},
    'plain, no shots': {'num_fewshot': 0},
    'plain, first 2': {'limit': 2},
    'chat': {'apply_chat_template': True, 'fewshot_as_multiturn': True},
    'chat, instruction': {'apply_chat_template': True, 'fewshot_as_multiturn': True, 'system_instruction': 'Be brief.'},
    'chat, one message': {'apply_chat_template': True, 'fewshot_as_multiturn': False},
}
out = {}
for name, options in variants.items():
    # load every task anew: a run changes their configuration
    for task in ('science_choice', 'sums', 'entailment'):
        r = lm_eval.simple_evaluate(model=Echo(), tasks=[task], task_manager=manager, bootstrap_iters=0, log_samples=True, **options)
        for leaf, samples in r['samples'].items():
            first = samples[0]['filter']
            out.setdefault(leaf, {})[name] = [{
                'prompt': s['arguments'][0][0],
                'continuations': [a[1] for a in s['arguments']] if isinstance(s['arguments'][0][1], str) else None,
                'generation': s['arguments'][0][1] if not isinstance(s['arguments'][0][1], str) else None,
                'target': s['target'], 'doc_hash': s['doc_hash'], 'prompt_hash': s['prompt_hash'], 'target_hash': s['target_hash'],
            } for s in samples if s['filter'] == first]
json.dump(out, open(f'{here}/expected.json', 'w'), ensure_ascii=False, indent=0, sort_keys=True)
