"""Values of sacreBLEU, scikit-learn, the harness and Python's html module on made-up input, to hold the metrics against.

usage: make-tables.py     (in an environment with lm-eval 0.4.8 and sacrebleu 2.6)     writes tables.json beside this file
"""
import html, json, os, random
import numpy as np, sacrebleu
from sklearn.metrics import f1_score, matthews_corrcoef
from lm_eval.api import metrics as harness

rnd = random.Random(20)
WORDS = 'etxe mendi Ibai katu ñabar egun, gau. ur? su lur "bide" zuhaitz 1,5 2-3 &amp; (ez) 😀 İstanbul don\'t a.b <skipped> \u00a0 x-\ny 3%'.split(' ')
def sentence(n): return ' '.join(rnd.choice(WORDS) for _ in range(n))
def near(text):
    words = text.split(' ')
    for _ in range(rnd.randint(0, 4)):
        if not words: break
        i, what = rnd.randrange(len(words)), rnd.randrange(4)
        if what == 0: words[i] = rnd.choice(WORDS)
        elif what == 1: del words[i]
        elif what == 2: words.insert(i, rnd.choice(WORDS))
        else: j, k = rnd.randrange(len(words)), rnd.randint(1, 5); part = words[i:i + k]; del words[i:i + k]; words[j:j] = part
    return ' '.join(words)

translations = []
for k in range(60):
    refs = 1 if k < 40 else 2 + k % 2
    docs = []
    for _ in range(rnd.randint(1, 6)):
        first = sentence(rnd.choice([0, 1, 2, 5, 9, 14, 30, 70] if k % 3 else [4, 8, 12]))
        docs.append([[first] + [near(first) for _ in range(refs - 1)], rnd.choice([near(first), near(near(first)), sentence(rnd.randint(0, 9))])])
    streams, answers = list(zip(*[d[0] for d in docs])), [d[1] for d in docs]
    translations.append({'documents': docs, 'bleu': sacrebleu.corpus_bleu(answers, streams).score, 'chrf': sacrebleu.corpus_chrf(answers, streams).score, 'ter': sacrebleu.corpus_ter(answers, streams).score})

class Average:
    def __init__(self, **options): self.options, self.__name__ = options, 'f1'
    def __call__(self, items): return f1_score(*zip(*items), zero_division=0, **self.options)
labels = []
for k in range(24):
    classes, n = (2, 3, 5, 12)[k % 4], rnd.randint(2, 40)
    items = [(rnd.randrange(classes), rnd.randrange(classes)) for _ in range(n)]
    if k > 15: items = [(g, g if rnd.random() < .7 else p) for g, p in items]
    if k % 7 == 3: items[0] = (-1, items[0][1])   # a target that names no choice
    row = {'classes': classes, 'items': items, 'mcc': matthews_corrcoef(*zip(*items)), 'f1': {}}
    for average in ('micro', 'macro', 'weighted'): row['f1'][average] = f1_score(*zip(*items), average=average, zero_division=0)
    row['f1_of_0_and_2'] = f1_score(*zip(*items), average='macro', labels=[0, 2], zero_division=0)
    if classes == 2 and k % 7 != 3: row['f1']['binary'] = f1_score(*zip(*items), zero_division=0)
    if k < 2: row['stderr'] = {'iterations': 200, 'mcc': harness.bootstrap_stderr(harness.matthews_corrcoef, items, 200), 'macro': harness.bootstrap_stderr(Average(average='macro'), items, 200)}
    labels.append(row)

logprobs = [-rnd.random() * 9 for _ in range(40)]
pairs = [(-rnd.random() * 90, rnd.randint(1, 40)) for _ in range(12)]
forecasts = []
for _ in range(15): p = np.random.default_rng(rnd.randrange(99)).random(3); forecasts.append((rnd.randrange(3), (p / p.sum()).tolist()))
names = sorted(html.entities.html5)
references = ['&' + n for n in names[::9]] + ['&' + n.rstrip(';') + 'x' for n in names[::31]] + ['a&' + n.rstrip(';') + '=1' for n in names[::67]]
references += [f'&#{n};' for n in [0, 1, 9, 10, 11, 13, 31, 38, 39, 127, 128, 129, 130, 150, 159, 160, 241, 0xd800, 0xfdd0, 0xfffe, 0x1f600, 0x10ffff, 0x110000, 10 ** 12]]
references += ['&#x27;', '&#X41', '&#xzz;', '&#;', '&', '&&amp;', '&amp;lt;', '&no such;', 'a &lt b &gt', '&' + 'a' * 40 + ';', '&notit;', '&notin;', '&copy2020', '&#39;&#x27']
json.dump({
    'translations': translations, 'labels': labels,
    'perplexity': {'values': logprobs, 'value': harness.perplexity(logprobs), 'stderr': harness.bootstrap_stderr(harness.perplexity, logprobs, 100000)},
    'rolling': {'values': pairs, 'weighted_perplexity': harness.weighted_perplexity(pairs), 'bits_per_byte': harness.bits_per_byte(pairs)},
    'brier': {'values': forecasts, 'value': float(harness.brier_score(forecasts))},
    'html': [[r, html.unescape(r)] for r in references],
}, open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tables.json'), 'w'), ensure_ascii=False, separators=(',', ':'))
import sys
d = ('Katua etxean dago lo, sofan.', 'Katua etxean dago lo, ohean.')
print('for the tables in src/metrics:', sacrebleu.corpus_bleu([d[0]], [[d[1]]]).score, sacrebleu.corpus_chrf([d[0]], [[d[1]]]).score, sacrebleu.corpus_ter(['lo dago katua etxean'], [['Katua etxean lo dago']]).score)
