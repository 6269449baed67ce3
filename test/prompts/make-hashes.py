"""Condense the harness's goldens for the made-up documents into fixtures/prompts/hashes.json.

usage: make-hashes.py GOLDEN_DIR MODELS_DIR     (folders <model>/synthetic/*.{plain,chat}.jsonl and api/synthetic/*.api.jsonl; model folders)
Per task: the first 16 hex digits of each document's hashes, and the whole task fingerprint per family as the harness summed it up.
Models with the same chat template give the same prompts, so one of each template is kept, under the template's name.
"""
import glob, json, os, re, shutil, sys

golden, models = sys.argv[1:3]
out = os.path.join(os.path.dirname(__file__), '../../fixtures/prompts')
templates = {'chatml': 'tiny-llama', 'dated': 'tiny-llama31', 'gemma': 'tiny-gemma2'}
sources = {'plain': ('tiny-llama', 'plain'), 'api': ('api', 'api'), **{f'chat {k}': (v, 'chat') for k, v in templates.items()}}
tasks, date = {}, None
for key, (folder, family) in sources.items():
    summary = json.load(open(f'{golden}/{folder}/synthetic/summary.{family}.json'))
    for file in sorted(glob.glob(f'{golden}/{folder}/synthetic/*.{family}.jsonl')):
        name = os.path.basename(file)[:-len(family) - 7]
        rows = {x['doc_id']: x for x in map(json.loads, open(file))}
        rows = [rows[i] for i in sorted(rows)]
        task = tasks.setdefault(name, {'doc': [x['doc_hash'][:16] for x in rows], 'target': [x['target_hash'][:16] for x in rows], 'prompt': {}, 'task': {}})
        assert task['doc'] == [x['doc_hash'][:16] for x in rows] and task['target'] == [x['target_hash'][:16] for x in rows]
        task['prompt'][key] = [x['prompt_hash'][:16] for x in rows]
        task['task'][key] = summary[name]['prompts_sha256']
        found = re.search(r'Today: (\d+ \w+ \d+)', rows[0]['prompt'])
        date = found.group(1) if found else date
# The template 'dated' prints the day on which the goldens were made.
lines = [f'  {json.dumps(k)}: {json.dumps(v, separators=(",", ":"))}' for k, v in sorted(tasks.items())]
open(f'{out}/hashes.json', 'w').write('{\n "date": ' + json.dumps(date) + ',\n "tasks": {\n' + ',\n'.join(lines) + '\n }\n}\n')
for name, model in templates.items():
    os.makedirs(f'{out}/templates/{name}', exist_ok=True)
    for file in ('chat_template.jinja', 'tokenizer_config.json'):
        shutil.copyfile(f'{models}/{model}/{file}', f'{out}/templates/{name}/{file}')
