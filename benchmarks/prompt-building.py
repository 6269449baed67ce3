"""The harness's side of prompt-building.ts.   usage: prompt-building.py DATA_DIR plain|chat PACKAGE_DIR TASK...   prints {"seconds", "characters"}"""
import glob, json, os, sys, time

os.environ['HF_HUB_OFFLINE'] = os.environ['HF_DATASETS_OFFLINE'] = '1'
import datasets, yaml
from lm_eval.tasks import ConfigurableTask
from transformers.utils.chat_template_utils import render_jinja_template

data, family, package, *names = sys.argv[1:]
datasets.load_dataset = lambda path, name=None, **_: datasets.DatasetDict({
    os.path.basename(f)[:-6]: datasets.Dataset.from_list([json.loads(line) for line in open(f)]) for f in glob.glob(f'{path}/{name}/*.jsonl')})
datasets.disable_progress_bars()
group = yaml.safe_load(open(f'{package}/tasks/bbq/basqbbq.yaml'))
shared = {k: v for k, v in group.items() if k not in ('group', 'task', 'aggregate_metric_list', 'metadata', 'process_results', 'metric_list')}
template = open(f'{package}/fixtures/prompts/templates/dated/chat_template.jinja').read().replace('strftime_now', 'no_strftime')
def chat(messages, add_generation_prompt=True):
    return render_jinja_template([messages], chat_template=template, add_generation_prompt=add_generation_prompt, bos_token='<|begin|>')[0][0]
start, characters = time.process_time(), 0
for one in group['task']:
    if one['task'] not in names: continue
    task = ConfigurableTask(config={**shared, 'task': one['task'], 'dataset_path': f'{data}/HiTZ/basqbbq', 'dataset_name': one['dataset_name'], 'metric_list': [{'metric': 'acc', 'aggregation': 'mean', 'higher_is_better': True}]})
    task.set_fewshot_seed(seed=1234)
    task.build_all_requests(apply_chat_template=family == 'chat', fewshot_as_multiturn=family == 'chat', chat_template=chat if family == 'chat' else None)
    characters += sum(len(i.args[0]) for i in task.instances if i.idx == 0)
print(json.dumps({'seconds': time.process_time() - start, 'characters': characters}))
