"""What the harness makes of its own Basque tasks and of a task for each metric, on made-up documents: arguments, hashes, scores, standard errors.

usage: make-harness.py HARNESS OUT [TASK...]
    HARNESS: a checkout of lm-evaluation-harness whose task files are run (main of August 2026 for the file that is checked in);
    OUT: the JSON file; tasks that it holds already and that are not named stay.
Run it in an environment with lm-eval 0.4.8 for everything but the tasks in NEWER, which need the harness of the checkout (PYTHONPATH=HARNESS).
The model is made up: its answers are a function of what it is asked, so that both programs can be given the same ones.
"""
import collections, glob, hashlib, json, os, shutil, sys, tempfile, types

os.environ['HF_HUB_OFFLINE'] = os.environ['HF_DATASETS_OFFLINE'] = '1'
import datasets
import sklearn.metrics

# BasqueGLUE's Python imports a function that newer versions of datasets do not have, TruthfulQA's one that it does not use.
class F1:
    def compute(self, references, predictions, **options): return {'f1': sklearn.metrics.f1_score(references, predictions, **options)}
datasets.load_metric = lambda name: F1()
for module in ('rouge_score', 'rouge_score.rouge_scorer', 'rouge_score.scoring'): sys.modules[module] = types.ModuleType(module)
sys.modules['rouge_score'].rouge_scorer = sys.modules['rouge_score'].scoring = sys.modules['rouge_score.scoring']

import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

harness, out, *wanted = sys.argv[1:]
fixtures = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../fixtures'))
NEWER = {'mutual', 'global_piqa_nonparallel_cloze_eus_latn', 'global_piqa_parallel_cloze_eus_latn'}
FOLDERS = ['basqueglue', 'xnli_eu', 'basque_bench', 'truthfulqa-multi', 'okapi/arc_multilingual', 'okapi/hellaswag_multilingual', 'okapi/truthfulqa_multilingual', 'global_piqa/nonparallel_cloze', 'global_piqa/parallel_cloze', 'include/default/Basque',
 'include/few_shot_en/Basque', 'include/few_shot_og/Basque', 'global_piqa/nonparallel_generation', 'global_piqa/parallel_generation', 'okapi/mmlu_multilingual', 'multiblimp', 'bhs', 'bertaqa']
TASKS = '''bec2016eu bhtc_v2 vaxx_stance qnlieu wiceu epec_koref_bin xnli_eu xnli_eu_mt xnli_eu_native wnli_eu paws_eu xcopa_eu mgsm_direct_eu
 flores_es-eu flores_eu-es flores_en-eu flores_eu-en flores_eu-pt flores_pt-eu flores_eu-it flores_it-eu flores_eu-fr flores_fr-eu flores_eu-ca flores_ca-eu flores_eu-gl flores_gl-eu
 flores_eu-de flores_de-eu truthfulqa-multi_mc1_eu truthfulqa-multi_mc2_eu truthfulqa-multi_gen_eu global_piqa_nonparallel_cloze_eus_latn global_piqa_parallel_cloze_eus_latn
 include_base_44_basque_professional_certification include_base_44_basque_few_shot_en_professional_certification include_base_44_basque_few_shot_og_professional_certification
 global_piqa_nonparallel_generation_eus_latn global_piqa_parallel_generation_eus_latn m_mmlu_eu multiblimp_eus arc_eu hellaswag_eu truthfulqa_eu_mc1 truthfulqa_eu_mc2'''.split()
TASKS += ['bhs__basque__' + kind for kind in 'DO__S_DO_V_AUX DO__S_IO_DO_V_AUX IO__IO_S_V_AUX IO__S_IO_DO_V_AUX S__IO_S_V_AUX S__S_DO_V_AUX S__S_IO_DO_V_AUX S__S_V_AUX'.split()]
TASKS += ['bertaqa_en_mt_' + by for by in 'gemma-7b hitz itzuli latxa-13b-v1.1 latxa-13b-v1 latxa-70b-v1.1 latxa-70b-v1 latxa-7b-v1.1 latxa-7b-v1 llama-2-13b llama-2-70b llama-2-7b madlad nllb'.split()]
METRICS = [os.path.basename(f)[:-5] for f in sorted(glob.glob(f'{fixtures}/metrics/*.yaml'))]
FEWSHOT = {'bec2016eu': 1, 'flores_es-eu': 2, 'mgsm_direct_eu': 1, 'truthfulqa-multi_mc1_eu': 1, 'truthfulqa-multi_gen_eu': 1, 'xcopa_eu': 1, 'arc_eu': 2, 'm_mmlu_eu': 2, 'bertaqa_en_mt_hitz': 2}
ITERATIONS = 1000

def load(path, name=None, **_):
    files = glob.glob(f'{fixtures}/*/data/{path}/{name or "default"}/*.jsonl')
    return datasets.DatasetDict({os.path.basename(f)[:-6]: datasets.Dataset.from_list([json.loads(line) for line in open(f)]) for f in files})
datasets.load_dataset = load

WORDS = 'etxe mendi ibai katu txakur egun gau ur su lur bide zuhaitz'.split()
def draw(text): return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)
class Model(LM):
    tokenizer_name = 'none'
    def loglikelihood(self, requests):
        return [(-0.1 - draw(r.args[0] + '\0' + r.args[1]) / 16**12 * 9, draw('g' + r.args[0] + '\0' + r.args[1]) % 3 == 0) for r in requests]
    def loglikelihood_rolling(self, requests):
        return [-(1 + draw(r.args[0]) / 16**12) * len(r.args[0]) for r in requests]
    def generate_until(self, requests):
        answers = []
        for r in requests:
            seed = draw(r.args[0])
            if 'best answer is' in r.args[0]:
                answers.append(['Hm. The best answer is: B', 'the final answer: [A].', 'Answer : "D" or so', 'so \\boxed{C}', 'A', 'The Answer is not B but A', ''][seed % 7])
                continue
            if 'Zenbat' in r.args[0] and seed % 3:  # some right answers
                answers.append(f' {seed % 5}' if 'Zenbat da' in r.args[0] else ['Mendi 7', '5 etxe', '1.etxe '][seed % 5 % 3])
                continue
            words = [WORDS[(seed >> 3 * i) % 12] for i in range(4 + seed % 5)]
            answers.append(' '.join(words).capitalize() + ['.', ', bai.', '!', ' 3', ' (ez).', ' 1,5 - 2.', ' Tokio.'][seed % 7])
        return answers

folder = tempfile.mkdtemp()
for part in FOLDERS: shutil.copytree(f'{harness}/lm_eval/tasks/{part}', f'{folder}/{part}')
# Newer versions put the name of the collection before those of its translation tasks.
for f in glob.glob(f'{folder}/basque_bench/flores_eu/*.yaml'):
    text = open(f).read()
    open(f, 'w').write(text.replace('basque_bench_flores_', 'flores_'))
for f in glob.glob(f'{fixtures}/metrics/*.yaml'): shutil.copy(f, folder)
open(f'{folder}/averages.py', 'w').write('from sklearn.metrics import f1_score\n' + ''.join(f'def {a}_f1_score(items): return f1_score(*zip(*items), average="{a}")\n' for a in ('macro', 'micro', 'weighted')))

def plain(x):
    if isinstance(x, (list, tuple)): return [plain(y) for y in x]
    if isinstance(x, dict): return {k: plain(v) for k, v in x.items()}
    return x.item() if hasattr(x, 'item') and not hasattr(x, '__len__') else x.tolist() if hasattr(x, 'tolist') else x

result = json.load(open(out)) if os.path.exists(out) else {}
new = 'acc_bytes' in lm_eval.api.registry.METRIC_REGISTRY
for name in wanted or TASKS + METRICS:
    if (name in NEWER) != new: continue
    manager = TaskManager(include_path=folder, include_defaults=False)
    r = lm_eval.simple_evaluate(model=Model(), tasks=[name], task_manager=manager, num_fewshot=FEWSHOT.get(name), bootstrap_iters=ITERATIONS, log_samples=True)
    documents = collections.OrderedDict()
    for s in r['samples'][name]:
        d = documents.setdefault(s['doc_id'], {k: s[k] for k in ('target', 'doc_hash', 'prompt_hash', 'target_hash')})
        d['arguments'] = [list(a[:2]) if len(a) > 1 and isinstance(a[1], str) else [a[0]] for a in s['arguments']]
        d['resps'] = plain([x[0] for x in s['resps']])
        d.setdefault('scores', {})[s['filter']] = {m: plain(s[m]) for m in s['metrics']}
    result[name] = {'fewshot': FEWSHOT.get(name), 'iterations': ITERATIONS, 'documents': list(documents.values()), 'results': plain({k: v for k, v in r['results'][name].items() if ',' in k})}
    print(name, result[name]['results'], flush=True)
    json.dump(result, open(out, 'w'), ensure_ascii=False, indent=0, sort_keys=True)
