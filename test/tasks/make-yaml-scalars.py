"""Makes yaml-scalars.json: plain scalars and what PyYAML's loader reads them as. Needs PyYAML. Run: python make-yaml-scalars.py > yaml-scalars.json"""
import datetime
import json
import random
import re

import yaml

FIXED = '''y n Y N yes no Yes NO on off On OFF true false True FALSE tRUE ~ null Null NULL nULL e2 1e3 1.5E3 1.5e+3 1.5e-3 1e+3 .5 -.5 +.5 . .. 1. -1. 08 09 007 0o7
0x1f 0X1F 0b101 0b 0x 0_ 0 -0 +0 00 1_000 _1 1__0 1_ 12:30 1:60 1:59:59 1:2.5 190:20:30.15 .inf -.inf +.Inf .INF .iNF .nan .NaN -.nan inf nan Infinity
2020-01-01 2020-1-1 2020-13-01 2020-02-30 2020-01-01T10:00:00Z = == < 1.2.3 1,000 0.1e 1e 0.0 1.0 100 -17 +12 12e03 0.1e+ 6.02e+23 123456789012345678901234567890'''.split()


def pieces(rng):
    alphabet = rng.choice(['0123456789', '01234567.-+eE_', '0123456789:', '0123456789.:_', 'yYnNoOfFtTrRuUeEsSaAlL', '0xXbBoO123abcdefF_', '.infINFnaNA-+', '0123456789-T:Z '])
    return ''.join(rng.choice(alphabet) for _ in range(rng.randint(1, rng.choice([2, 4, 8, 11]))))


def read(text):
    try:
        value = yaml.load('k: ' + text + '\n', Loader=yaml.FullLoader)['k']
    except Exception:
        return ['error', None]
    if value is None:
        return ['null', None]
    if isinstance(value, bool):
        return ['bool', value]
    if isinstance(value, int):
        return ['int', str(value)]
    if isinstance(value, float):
        return ['float', repr(value)]
    if isinstance(value, datetime.datetime):
        return ['date', value.astimezone(datetime.timezone.utc).isoformat() if value.tzinfo else value.isoformat() + '+00:00']
    if isinstance(value, datetime.date):
        return ['date', value.isoformat() + 'T00:00:00+00:00']
    if isinstance(value, str):
        return ['text', value]
    return None


rng = random.Random(15)
rows = {}
for text in FIXED:
    rows[text] = read(text)
while len(rows) < 3000:
    text = pieces(rng)
    # What is no plain scalar on one line is a matter of the grammar, not of scalars.
    if text != text.strip() or re.match(r'^(?:[-?:](?: |$)|---|\.\.\.)|.*: |.*:$', text):
        continue
    row = read(text)
    if row is not None:
        rows[text] = row
print(json.dumps([[text, *row] for text, row in rows.items()], ensure_ascii=False, separators=(',', ':')).replace('],[', '],\n['))
