"""Cases for src/python and the template engine, answered by Python itself.   usage: make-cases.py   (Python 3.11, jinja2 3.1)   writes cases.json

Jinja is set up as lm-evaluation-harness 0.4.8 sets it up for task files: undefined names are errors, the last line break stays.
"""
import ast, json, os, random
import jinja2

out = {'python': '3.11', 'jinja2': jinja2.__version__}

# random: draws in a row from one generator, at and around the sizes where the algorithm changes
draws = []
for seed in (1234, 0, 1, 42, 2**32 - 1, 2**32, 2**40 + 7, 2**53 - 1):
    r = random.Random(seed)
    bits = [r.getrandbits(32) for _ in range(3)]
    steps = [(n, k, r.sample(range(n), k)) for n, k in [(5, 5), (6, 6), (21, 5), (22, 5), (21, 6), (22, 6), (84, 6), (85, 6), (86, 6), (84, 21), (85, 21), (86, 21), (276, 22), (277, 22), (278, 22), (1, 1), (1, 0), (2**31 + 5, 4), (1715, 6), (100000, 6)]]
    below = [(n, r.randrange(n)) for n in (1, 2, 3, 1000, 2**31, 2**32 - 1)]
    draws.append({'seed': seed, 'bits': bits, 'samples': steps, 'below': below})
long = random.Random(1234)
for _ in range(5000): long.sample(range(1715), 6)
draws.append({'seed': 1234, 'skip': 5000, 'samples': [(1715, 6, long.sample(range(1715), 6))], 'bits': [], 'below': []})
out['random'] = draws

texts = ['{}', '[]', '""', '0', '-0', '-0.0', '0.0', '3.0', '1e5', '1E5', '1e-5', '0.0001', '0.00001', '1e16', '123456789012345680.0', '1e22', '1e23', '5e-324', '1.7976931348623157e308', '1e400', '-1e400',
         '9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '123456789012345678901234567890', 'NaN', 'Infinity', '-Infinity', 'null', 'true', 'false',
         '[1, 1.0, [], {}, [[]], {"a": []}]', '{"b": 1, "a": 2, "b": 3}', '{"2": 1, "1": 2, "x": 3, "0": 4}', '{"10": 1, "9": 2}', '{"x": 1, "1": 2}', '{"01": 1, "1": 2}', '{"__proto__": {"a": 1}, "constructor": 2}',
         '{"\\u0031": 1, "0": 2}', '{"a": {"2": [1.0], "1": null}}', '"\\u00e9\\ud83d\\ude00\\u2028 \\u007f \\u0001 \\b\\f\\n\\r\\t\\" \\\\ \\/"', '"é😀\u00a0\u2028"', ' {"a" : [ 1 , 2 ] } ', '\t[1]\r\n',
         '{"price": "3,5 € and 1,000.50", "n": 2}', '{"a": 0.1, "b": 100, "c": -1.5e3, "d": 2e0}', '[0.1, 0.2, 0.30000000000000004, 1.1, 100.0, 1e-7, 12345.678]', '[1e15, 1e15, 999999999999999.9, 9999999999999998.0]',
         # broken
         '', ' ', '{', '[', '[1', '[1,', '[1,]', '{"a"', '{"a":', '{"a":1', '{"a":1,}', '{a: 1}', "{'a': 1}", '01', '1.', '.5', '+1', '1e', '0x1', 'nul', 'True', 'nan', '"', '"a', '"\\x"', '"\\u12"', '"a\nb"', '"\x01"', '[1] 2', '{} {}', '[1 2]', '{"a" 1}', '{"a": 1 "b": 2}', '\ufeff1', '\u00a01']
cases = []
for t in texts:
    try: v = json.loads(t); cases.append({'text': t, 'line': json.dumps(v, ensure_ascii=False), 'indented': json.dumps(v, indent=2, ensure_ascii=False), 'str': str(v), 'repr': repr(v)})
    except ValueError: cases.append({'text': t, 'error': True})
out['json'] = cases

rnd = random.Random(7); floats = [rnd.uniform(-1, 1) * 10 ** rnd.randint(-20, 25) for _ in range(300)] + [10.0 ** e for e in range(-8, 23)]
out['floats'] = [[json.dumps(f), repr(f)] for f in floats]

odd = [' a ', '\u00a0a\u00a0', '\ufeffa\ufeff', '\x1ca\x1f', '\x85a', '\u200ba', '\u2028a\u3000', '\t\n', '', 'a', '\u180ea', 'xxaxx', ' \u1680 b', 'é', '😀 ', 'a  b\tc', ' a\u00a0b ', '\x0b\x0cz']
out['strip'] = [[t, t.strip(), t.lstrip(), t.rstrip(), t.isspace(), len(t), t.split()] for t in odd]
out['repr'] = [[t, repr(t)] for t in odd + ["it's", '"q"', "it's \"q\"", '\\', '\n\r\t\x00\x7f\xad', '\u0300', '\ue000', '\U000e0001', '\U0001f468\u200d\U0001f469', 'ñ', '\u0378', '漢字', '\u2029']]

lits = ["['a', 'b']", '["it\'s", \'x\']', '[]', '()', '(1,)', '(1)', "('a', 'b',)", '[1, -2, +3, 1.0, 1e3, None, True, False]', "{'a': 1, \"b\": [2]}", "['a' 'b', r'\\n', '\\x41\\u00e9\\U0001F600\\101\\q']", "'''x\ny'''", "  ['a']", '[\n"a",\n]', '1_000', '00', '0x1', '[a]', "['a", '[1 2]', "['a'] x", "f'a'", "b'a'", '', "['\n']", '012', '"\\N{DASH}"']
def literal(t):
    try: v = ast.literal_eval(t); json.dumps(v); return [t, json.dumps(v if not isinstance(v, tuple) else list(v), ensure_ascii=False)]
    except Exception: return [t, None]
out['literals'] = [x for x in map(literal, lits) if x[0] not in ('0x1', "b'a'", '"\\N{DASH}"')] + [['0x1', None], ["b'a'", None], ['"\\N{DASH}"', None]]

values = ['1', '1.0', 'true', '"1"', 'null', '[1, 2]', '[1.0, 2]', '{"a": 1, "b": 2}', '{"b": 2, "a": 1.0}', '{"a": 1}', '[]', '{}', '0', 'false', '-0.0', '9007199254740993', '9007199254740992.0', '""', 'NaN']
out['equal'] = [[a, b, json.loads(a) == json.loads(b)] for a in values for b in values]

env = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
doc = {'q': 'Zer da hau?', 'sp': ' \u00a0x \n', 'bom': '\ufeffx', 'n': 3, 'f': 3.0, 'g': 0.5, 'big': 12345678901234567890, 'none': None, 'nil': None, 't': True, 'fa': False, 'l': ['a', "it's", 'ñ😀'], 'nums': [3, 1, 2],
       'd': {'text': ['x', 'y'], 'label': ['A', 'B'], 'items': [1], 'k': 'v'}, 'ds': [{'n': 'b', 'v': 2}, {'n': 'a', 'v': 1}], 'key': 'B', 'e': '', 'el': [], 'num': '7', 'html': '<b>&"\'', 'choices': ['one', 'two'], 'mixed': [1, 2.0, None, True, 'x', [1], {'a': 1}]}
templates = ['', 'plain', 'a\n', 'a\n\n', '\n{{q}}\n', '{{q}}', '{{ q }}\n', '{{q.strip()}}', '[{{sp.strip()}}]', '[{{sp|trim}}]', '[{{bom|trim}}]', '{{n}} {{f}} {{g}} {{big}} {{nil}} {{t}} {{fa}}', '{{l}} {{nums}} {{d}} {{mixed}}', '{{l[0]}} {{l[-1]}} {{l[5]}}', '{{l[1:]}} {{q[4:]}} {{q[-4:]}} {{q[::-1]}} {{l[::2]}} {{q[100:]}}', '{{l[2][1]}} {{l[2][-1]}}',
 '{{d.text}} {{d["label"]}} {{d.label.index(key)}}', '{{d.label.index("Z")}}', '{{d["items"]}}', '{{missing}}', '{{d.missing}}', '{{missing.x}}', '{{missing is defined}} {{q is defined}} {{d.missing is defined}}', '{{missing|default("x")}} {{nil|default("x")}} {{e|default("x")}} {{e|default("x", true)}} {{nil|d("y", boolean=true)}}',
 '{% if nil is not none %}a{% else %}b{% endif %}', '{% if nil %}a{% elif n == 3 %}c{% else %}b{% endif %}', '{% if missing %}a{% endif %}', '{{ "a" if n > 2 else "b" }}', '{{ "a" if n > 5 }}', '{% for x in l %}{{loop.index}}:{{x}}{% if not loop.last %}, {% endif %}{% endfor %}', '{% for x in el %}a{% else %}none{% endfor %}', '{% for k, v in d.items() %}{{k}}={{v}};{% endfor %}', '{% for x in nums if x > 1 %}{{loop.index0}}{{x}}{{loop.revindex}} {% endfor %}', '{% for x in d %}{{x}} {% endfor %}', '{% for c in q %}{{c}}.{% endfor %}', '{% for x in n %}{% endfor %}',
 '{% for x in l %}{% for y in nums %}{{loop.index}}{% endfor %}{{loop.index}}{% endfor %}', '{% for x in l %}\n  {{x}}\n{% endfor %}\n', '{%- if t -%}  a  {%- endif -%}  b', 'x {{- q -}} y', '{% if t %}\na\n{% endif %}\n', '{# comment #}a{#- b -#} c', '{% set a = 1 %}{{a}}', '{% set a = 1 %}{% for x in nums %}{% set a = x %}{% endfor %}{{a}}', '{% set ns = namespace(i=0) %}{% for x in nums %}{% set ns.i = ns.i + x %}{% endfor %}{{ns.i}}', '{% set a, b = [1, 2] %}{{a}}{{b}}', '{% set a %}x{{n}}{% endset %}{{a}}',
 '{{[q, n]}} {{[l[0], l[1]]}} {{{"a": n}}}', "{{['1', '2', '3'].index(num)}}", "{{['7'].index(num)}}", '{{n+1}} {{n-1}} {{n*2}} {{n/2}} {{n//2}} {{n%2}} {{n**2}} {{f+1}} {{7//2.0}} {{-7//2}} {{-7%3}} {{7%-3}} {{4/2}} {{2**-1}} {{big+1}} {{t+1}}', '{{n/0}}', '{{n + q}}', '{{q + n|string}}', '{{q ~ n ~ nil ~ f}}', '{{"a" + "b"}} {{[1]+[2]}} {{"ab"*2}} {{[1]*2}}', '{{-n}} {{+n}} {{-f}} {{not n}}', '{{n == 3}} {{n == 3.0}} {{n == "3"}} {{t == 1}} {{l == ["a"]}} {{n != 3}} {{nil == none}}', '{{1 < 2}} {{"a" < "b"}} {{[1,2] < [1,3]}} {{1 <= 1.0}}', '{{1 < "a"}}', '{{"a" in l}} {{"Zer" in q}} {{"k" in d}} {{"z" not in l}} {{3 in nums}} {{1 in q}}', '{{n and q}} {{nil or q}} {{e and n}} {{el or "x"}} {{not nil and t}}',
 '{{l|join(", ")}} {{nums|join}} {{nums|join("-")}} {{mixed|join(" ")}} {{ds|join(",", attribute="n")}}', '{{[q, q]|join(" ")}}', '{{l|length}} {{q|length}} {{l[2]|length}} {{d|length}} {{n|length}}', '{{q|upper}} {{q|lower}} {{"zER da"|capitalize}} {{"zer da-hau (bai)"|title}}', '{{"zer da-hau it\'s"}} {{"zer da hau".title()}} {{"ZER da".capitalize()}}', '{{"ß"|upper}} {{"İ"|lower}} {{"ΑΣ"|lower}}', '{{q|replace("a", "o")}} {{q|replace("a", "o", 1)}} {{q.replace("a", "")}} {{"ab".replace("", "-")}} {{"aXbX".replace("X", "$&", 1)}}', '{{q.split()}} {{q.split("a")}} {{q.split(" ", 1)}} {{q.split(" ")[0]}} {{" a  b ".split()}} {{"a,b,,c".split(",")}} {{"a b c".split(None, 1)}} {{"abc".split("")}}', '{{q.startswith("Zer")}} {{q.endswith("?")}} {{q.startswith(("x", "Zer"))}} {{q.find("da")}} {{q.find("zz")}} {{q.index("da")}} {{q.count("a")}}', '{{"a😀b".find("b")}} {{"abcabc".rfind("b")}}', '{{q.index("zz")}}', '{{"1".isdigit()}} {{"".isdigit()}} {{"12a".isdigit()}} {{"aB".isupper()}} {{"AB".isupper()}} {{"ab1".islower()}}', '{{"xxaxx".strip("x")}} {{"xxaxx".lstrip("x")}} {{"xxaxx".rstrip("x")}} {{"ab".removeprefix("a")}} {{"ab".removesuffix("b")}}', '{{"{} and {}".format(n, q)}} {{"{0}{1}{0}".format(1, 2)}} {{"{a}".format(a=f)}} {{"{{}}".format()}}', '{{"7".zfill(3)}} {{"-7".zfill(4)}} {{"a".rjust(3)}}{{"a".ljust(3)}}|', '{{", ".join(l)}}', '{{"a\\nb".splitlines()}} {{"a\\r\\nb\\n".splitlines()}}', "{{'a\\tb\\\\'}}",
 '{{l|first}} {{l|last}} {{q|first}} {{q|last}}', '{{el|first}}', '{{nums|sort}} {{nums|sort(reverse=true)}} {{["b","A","a"]|sort}} {{["b","A"]|sort(case_sensitive=true)}} {{ds|sort(attribute="n")|map(attribute="v")|list}}', '{{nums|reverse|list}} {{"abc"|reverse}} {{["a","A","b"]|unique|list}} {{nums|min}} {{nums|max}} {{nums|list}} {{"abc"|list}} {{nums|sum}}', '{{ds|map(attribute="n")|join("")}} {{l|map("upper")|list}} {{nums|map("string")|join}} {{ds|map(attribute="zz", default="?")|list}}', '{{nums|select("odd")|list}} {{nums|reject("odd")|list}} {{ds|selectattr("v", "equalto", 1)|list}} {{ds|rejectattr("v", "gt", 1)|list}} {{mixed|select|list}} {{[1,none]|select("none")|list}}',
 '{{"7"|int}} {{"x"|int}} {{"x"|int(5)}} {{f|int}} {{g|int}} {{"3.7"|int}} {{t|int}} {{" 4 "|int}} {{-1.5|int}} {{nil|int}}', '{{"7"|float}} {{"x"|float}} {{n|float}} {{"1e3"|float}}', '{{n|string}} {{f|string}} {{nil|string}} {{l|string}}', '{{3.14159|round(2)}} {{2.5|round}} {{3.5|round}} {{2.675|round(2)}} {{7|round}} {{2.1|round(0, "ceil")}} {{2.9|round(method="floor")}}', '{{-3|abs}} {{-2.5|abs}}', '{{html}} {{html|e}}', '{{d|tojson}} {{html|tojson}} {{l|tojson}}', '{{range(3)|list}} {{range(1, 7, 2)|list}} {% for i in range(2) %}{{choices[i]}}{% endfor %}', '{{dict(a=1, b=q)}}', '{{"abc"[1]}} {{"abc"[5]}}', '{{d.get("k")}} {{d.get("z")}} {{d.get("z", "y")}} {{d.keys()|list}} {{d.values()|list}}', '{{q is string}} {{n is number}} {{f is float}} {{n is integer}} {{t is integer}} {{l is sequence}} {{d is mapping}} {{nil is none}} {{l is iterable}} {{n is odd}} {{n is even}} {{t is true}} {{t is boolean}} {{q is not string}}',
 '{{(1, 2)[0]}} {{"a" in ("a", "b")}} {{[1,2,3][n-2]}} {{choices[1 - 0]}} {{choices[n]}}', '{{q}}{{q}}{{ "{{" }}', 'a { b } {c} %}', '{{ "it\'s" }} {{ \'say "x"\' }}', '{{ l[0] + l[1] }}', '{% if "a" == l[0] and n > 1 or missing %}x{% endif %}', '{{ q if q else missing }}', '{{ nil.x }}', '{{ n.x }}', '{{ q.nope }}', '{{ q() }}', '{{ nope(1) }}', '{{ n|nope }}', '{% nope %}', '{{ n', '{% if %}{% endif %}', '{% for x in l %}', '{{ }}', '{{ n n }}',
 'line\r\nbreak\rend', '{{ "\\u00e9" }}', 'Q: {{q}}\nA: {{choices[0]}}\nB: {{choices[1]}}\nAnswer:', '{% if t %}{{ l[0] }}{% endif %}{% if fa %}no{% endif %}', '{{ [choices[0], choices[1]] }}', '{{ 1.0 }} {{ 1.50 }} {{ 100000000000000000.0 }} {{ 0.00001 }}', '{{ {"a": 1}["a"] }} {{ {"a": {"b": 2}}.a.b }}', '{{ ["a", "b", "c"][d.label.index(key)] }}', '{{ d.text[0] ~ ": " ~ d.text[1] }}', '{{ nums|length > 2 }}', '{{ (n + 1)|string }}', '{{ n + 1|int }}', '{{ -n|abs }}', '{{ 2 + 3 * 2 }} {{ (2 + 3) * 2 }} {{ 2 ** 3 ** 2 }} {{ 10 - 2 - 3 }}', '{{ not n == 3 }}', '{{ "abc"|upper|lower|length }}', '{{ l | join ( " " ) }}', '{%- for x in l %} {{ x }} {%- endfor %}', '{{ loop }}', '{% for x in nums %}{{ x if loop.first else "," ~ x }}{% endfor %}', '{% for x in nums %}{{ loop.previtem|default("-") }}{% endfor %}', '{{ nums[:2] + [q] }}', "{{ {'a':1}.items()|list|length }}", '{{ q[0]|lower + q[1:] }}', '{{ "%s" }}', '{{ ("a", "b")|join("-") }}', '{{ [1, 2, 3]|batch(2)|list }}', '{% filter upper %}a{{q}}{% endfilter %}', '{% macro m(x) %}{{x}}{% endmacro %}{{ m(1) }}', '{% raw %}{{x}}{% endraw %}', '{{ "a" "b" }}']
def rendered(t):
    try: return [t, env.from_string(t).render(**doc)]
    except Exception: return [t, None]
out['doc'] = doc
out['templates'] = [rendered(t) for t in templates]
json.dump(out, open(os.path.join(os.path.dirname(__file__), 'cases.json'), 'w'), ensure_ascii=True, indent=0)
