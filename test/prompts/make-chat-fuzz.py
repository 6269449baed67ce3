"""Makes chat-fuzz.json: templates drawn from a grammar, and what transformers' sandbox renders.

Run with transformers 5.23 and Jinja 3.1.6: python make-chat-fuzz.py SEED COUNT EXPRESSIONS.json > chat-fuzz.json
The first rows are the expressions of the list, which may be left out. Each row is [template, rendering], null where Python refuses.
Renderings that print an address or are long are left out, and most of those that Python refuses.
"""

import copy
import json
import random
import re
import signal
import sys
import warnings

from transformers.utils import chat_template_utils

# Not asked for: what the interpreter refuses by name, complex numbers, and slices of constant numbers, which Jinja folds to nothing.
REFUSED = re.compile(
    r"filesizeformat|fromkeys|casefold|translate|maketrans|as_integer_ratio|encode\(|hex\(|xmlattr|random|%a|:#o|:c}|0\[0\]|\*\* 0\.5"
    r"|\|(e|escape|forceescape|safe)\)|range\(5,0,-2\)\)(\[|\.count)"
    r"|\|(sum|int|round|length|float|abs)(\([^)]*\))?\)\["
    r"|==.*\)\[1:\] }}$"
)

# Expressions by the type that they usually have: mixed types mostly raise errors, which show little.
LITERALS = {
    "int": ["0", "1", "2", "-1", "-7", "3", "10", "n", "12345678901234567890", "range(4)|sum", "true", "l[0]"],
    "float": ["2.5", "0.5", "-0.125", "1.0", "3e2", "1e16", "1e-7", "0.1", "-0.0", "2.675", "f"],
    "str": [
        "''",
        "'a'",
        "'abc'",
        "' x '",
        "'ñ😀c'",
        "'12'",
        "'-3.7'",
        "'A b-c (d'",
        "'\\n\\t'",
        "'a\\'b'",
        "'<b>&\"'",
        "s",
        "'straße ǆ'",
        "'x\\ny\\n'",
        "'aXbXc'",
        "rows[0].n",
        "'İıſ'",
        "' \\u00a0\\u2003x\\x1c'",
    ],
    "list": [
        "[]",
        "[1,2,3]",
        "['b','A','c']",
        "[1,'a',none]",
        "(1,2)",
        "('x',)",
        "range(4)|list",
        "range(5,0,-2)",
        "l",
        "'abc'|list",
        "[[1,2],[3]]",
        "[true,1,1.0,'1']",
        "[2.5,1,-3]",
    ],
    "dict": [
        "{}",
        "{'a':1,'b':[2]}",
        "{1:'x',2:'y'}",
        "d",
        "dict(a=1,c='z')",
        "{'B':1,'a':2,'C':0}",
        "rows[0]",
        "{1:'i',1.0:'f',true:'b'}",
        "{(1,2):'t',none:0}",
    ],
    "rows": ["rows", "[{'k':2,'n':'b'},{'k':1,'n':'A'}]", "[{'k':1},{'n':3},{'k':'1'}]", "[{'k':'b','n':{'m':2}},{'k':'B','n':{'m':1}}]"],
    "any": [
        "missing",
        "none",
        "true",
        "false",
        "d.z",
        "d['items']",
        "loop",
        "range",
        "namespace(a=1).a",
        "cycler('a','b').next()",
        "joiner(',')()",
        "messages[0].content",
        "messages",
        "messages|length",
    ],
}
STR_FILTERS = [
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "trim('x')",
    "length",
    "first",
    "last",
    "list",
    "reverse",
    "replace('a','b')",
    "replace('','-')",
    "replace('a','b',1)",
    "indent(2)",
    "indent(2,true)",
    "indent('> ')",
    "center(9)",
    "wordcount",
    "truncate(5)",
    "truncate(5,true,'..',0)",
    "truncate(3,end='')",
    "e",
    "escape",
    "forceescape",
    "safe",
    "urlencode",
    "int",
    "int(5)",
    "int(base=16)",
    "float",
    "float(1.5)",
    "string",
    "tojson",
    "default('d')",
    "default('d',true)",
    "d('e')",
    "unique|list",
    "sort",
    "sort(case_sensitive=true)",
    "join('-')",
    "format(1,2)",
    "format(1)",
    "batch(2)|list",
    "batch(2,'-')|list",
    "slice(2)|list",
    "select('in','abc')|list",
    "map('upper')|join",
    "count",
    "min",
    "max",
    "abs",
    "round",
    "attr('upper')",
    "items|list",
    "dictsort",
    "filesizeformat",
]
NUM_FILTERS = [
    "abs",
    "round",
    "round(1)",
    "round(2)",
    "round(1,'floor')",
    "round(1,'ceil')",
    "round(-1)",
    "int",
    "float",
    "string",
    "tojson",
    "default(3)",
    "default(3,true)",
    "filesizeformat",
    "filesizeformat(true)",
    "length",
    "list",
    "upper",
    "trim",
    "center(7)",
    "e",
    "urlencode",
    "format(1)",
    "indent",
]
LIST_FILTERS = [
    "length",
    "first",
    "last",
    "list",
    "sort",
    "sort(reverse=true)",
    "sort(true,true)",
    "reverse",
    "reverse|list",
    "unique|list",
    "unique(true)|list",
    "join",
    "join('-')",
    "join(1)",
    "map('upper')|list",
    "map('string')|join",
    "map('int')|list",
    "map('default','q')|list",
    "map(attribute=0)|list",
    "select|list",
    "reject|list",
    "select('string')|list",
    "reject('none')|list",
    "select('odd')|list",
    "select('gt',1)|list",
    "reject('==',1)|list",
    "select('in',[1,'a'])|list",
    "batch(2)|list",
    "batch(2,0)|list",
    "slice(2)|list",
    "slice(3,'x')|list",
    "sum",
    "sum(start=5)",
    "min",
    "max",
    "string",
    "tojson",
    "tojson(indent=2)",
    "tojson(separators=(',',':'))",
    "tojson(ensure_ascii=true)",
    "default('d',true)",
    "e",
    "upper",
    "trim",
    "random|default(1)|string|length",
    "wordcount",
    "replace('a','b')",
    "map('length')|list",
    "map('abs')|list",
    "zip|list",
    "urlencode",
    "int",
    "round",
]
DICT_FILTERS = [
    "items|list",
    "dictsort",
    "dictsort(true)",
    "dictsort(by='value')",
    "dictsort(reverse=true)",
    "dictsort(false,'value',true)",
    "length",
    "list",
    "first",
    "last",
    "sort",
    "join(',')",
    "tojson",
    "tojson(indent=4)",
    "tojson(sort_keys=true)",
    "tojson(indent=1,separators=(';','='))",
    "string",
    "urlencode",
    "map('upper')|list",
    "default(1)",
    "reverse|list",
    "attr('a')",
    "xmlattr",
    "min",
    "max",
    "select|list",
    "unique|list",
    "batch(1)|list",
    "e",
]
ROW_FILTERS = [
    "map(attribute='k')|list",
    "map(attribute='n.m')|list",
    "map(attribute='k',default='?')|list",
    "selectattr('k')|list",
    "selectattr('k','gt',1)|list",
    "selectattr('k','defined')|list",
    "rejectattr('k','equalto',1)|list",
    "rejectattr('n')|list",
    "selectattr('k','==',1)|list",
    "selectattr('k','in',[1,'b'])|list",
    "groupby('k')",
    "groupby('k',default='z')",
    "groupby('k',case_sensitive=true)|map('list')|list",
    "groupby('k')|map(attribute='grouper')|list",
    "sum(attribute='k')",
    "sort(attribute='k')",
    "sort(attribute='n,k')",
    "unique(attribute='k')|list",
    "min(attribute='k')",
    "max(attribute='k')",
    "join(',',attribute='n')",
    "join(',',attribute='k')",
    "length",
    "tojson",
    "first",
    "last",
    "list",
    "map('items')|map('list')|list",
    "map('length')|list",
]
STR_METHODS = [
    ".strip()",
    ".strip('a ')",
    ".lstrip('a')",
    ".lstrip()",
    ".rstrip()",
    ".rstrip('\\n')",
    ".split()",
    ".split('b')",
    ".split('X',1)",
    ".split(none,1)",
    ".split(' ')",
    ".split('')",
    ".split('a',maxsplit=1)",
    ".rsplit('b',1)",
    ".rsplit(none,1)",
    ".upper()",
    ".lower()",
    ".title()",
    ".startswith('a')",
    ".startswith(('a','A'),1)",
    ".endswith(('c','x'))",
    ".endswith('c',0,-1)",
    ".find('b')",
    ".find('b',1)",
    ".rfind('a')",
    ".find('X',-3,-1)",
    ".index('a')",
    ".rindex('X')",
    ".count('a')",
    ".count('')",
    ".replace('a','zz',1)",
    ".replace('','-')",
    ".replace('a','b',-1)",
    ".join(['p','q'])",
    ".join('xyz')",
    ".isdigit()",
    ".isdecimal()",
    ".isnumeric()",
    ".isalpha()",
    ".isalnum()",
    ".isspace()",
    ".isupper()",
    ".islower()",
    ".istitle()",
    ".isidentifier()",
    ".isprintable()",
    ".isascii()",
    ".splitlines()",
    ".splitlines(true)",
    ".zfill(5)",
    ".ljust(4,'*')",
    ".rjust(6)",
    ".center(6,'-')",
    ".format(1,a=2)",
    ".partition('b')",
    ".rpartition('X')",
    ".removeprefix('a')",
    ".removesuffix('c')",
    ".swapcase()",
    ".capitalize()",
    ".casefold()",
    ".expandtabs(3)",
    ".encode()",
    ".translate({97:'z'})",
    ".maketrans('a','b')",
    ".__class__",
    ".nope",
    ".nope()",
    "['upper']",
    "[0]",
    "[-1]",
    "[1:]",
    "[:-1]",
    "[::-1]",
    "[::2]",
    "[5]",
    "[-3:]",
    "[n:]",
    "[:none]",
    "['z']",
    "[1:3][0]",
    "[3:1]",
    "[::0]",
    "[4:0:-2]",
]
LIST_METHODS = [
    ".index(2)",
    ".index('a')",
    ".count(1)",
    ".count('a')",
    ".append(1)",
    ".pop()",
    ".copy()",
    ".sort()",
    ".reverse()",
    ".extend([1])",
    ".insert(0,1)",
    ".remove(1)",
    ".clear()",
    "[0]",
    "[-1]",
    "[1:]",
    "[:-1]",
    "[::-1]",
    "[::2]",
    "[5]",
    "['z']",
    "[true]",
    ".0",
    ".x",
    "[-2:]",
    "[1.0]",
    ".__len__()",
    "[none]",
    "[10:]",
    "[-9:2]",
]
DICT_METHODS = [
    ".items()",
    ".items()|list",
    ".keys()",
    ".keys()|list",
    ".values()",
    ".values()|list",
    ".get('a')",
    ".get('z',9)",
    ".get('z')",
    ".get(1)",
    ".a",
    ".z",
    ".items",
    "['a']",
    "['z']",
    "[1]",
    ".copy()",
    ".pop('a')",
    ".update({'q':1})",
    ".setdefault('a',1)",
    ".clear()",
    ".z.y",
    ".a.b",
    "[[1]]",
    ".items()[0]",
    ".keys()[0]",
    ".get('a','x')|string|upper",
    ".popitem()",
    ".fromkeys('ab',1)",
    "['__class__']",
    ".__class__.__name__",
]
NUM_METHODS = [
    ".real",
    ".is_integer()",
    ".bit_length()",
    ".numerator",
    ".x",
    "[0]",
    ".conjugate()",
    ".imag",
    ".denominator",
    ".as_integer_ratio()",
    ".hex()",
]
TESTS = [
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "integer",
    "float",
    "boolean",
    "mapping",
    "sequence",
    "iterable",
    "odd",
    "even",
    "divisibleby(2)",
    "divisibleby 3",
    "true",
    "false",
    "lower",
    "upper",
    "callable",
    "eq(1)",
    "ge 2",
    "gt(0)",
    "lt('b')",
    "le 1",
    "ne 'a'",
    "in [1,2,'a']",
    "in 'abc'",
    "sameas none",
    "sameas true",
    "escaped",
    "equalto 1",
    "==1",
    "filter",
    "test",
    "greaterthan 0",
]
OPERATORS = {
    "num": ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "and", "or"],
    "str": ["+", "~", "==", "<", "in", "not in", "and", "or", "%", "~", "+"],
    "list": ["+", "==", "<", "in", "and", "or", "~", "+"],
    "any": ["+", "-", "*", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or", "//"],
}
FORMATS = [
    "'%s'",
    "'%d'",
    "'%05d'",
    "'%-5s|'",
    "'%.2f'",
    "'%e'",
    "'%g'",
    "'%x'",
    "'%r'",
    "'%c'",
    "'%+d'",
    "'%%'",
    "'%5.1f'",
    "'%o'",
    "'%i'",
    "'%#x'",
    "'% d'",
    "'%.3s'",
    "'%G'",
    "'%a'",
]
BRACES = [
    "'{}'",
    "'{0}'",
    "'{:>5}'",
    "'{:05d}'",
    "'{:.2f}'",
    "'{:,}'",
    "'{:x}'",
    "'{!r}'",
    "'{:^7}|'",
    "'{:e}'",
    "'{:%}'",
    "'{:+}'",
    "'{:g}'",
    "'{0[0]}'",
    "'{:*<4}'",
    "'{{}}'",
    "'{:b}'",
    "'{:#o}'",
    "'{:_}'",
    "'{:s}'",
    "'{:c}'",
]


def number(r, depth):
    k = r.random()
    if depth <= 0 or k < 0.3:
        return r.choice(LITERALS[r.choice(["int", "float"])])
    if k < 0.65:
        operator = r.choice(OPERATORS["num"])
        right = number(r, depth - 1) if operator not in ("*", "**") else r.choice(["2", "3", "-1", "0.5", "0"])
        return f"({number(r, 0 if operator == '**' else depth - 1)} {operator} {right})"
    if k < 0.85:
        return f"({number(r, depth - 1)})|{r.choice(NUM_FILTERS)}"
    if k < 0.9:
        return f"({number(r, depth - 1)}){r.choice(NUM_METHODS)}"
    if k < 0.95:
        return f"-{number(r, depth - 1)}"
    return f"({text_of(r, depth - 1)})|length"


def text_of(r, depth):
    k = r.random()
    if depth <= 0 or k < 0.25:
        return r.choice(LITERALS["str"])
    if k < 0.35:
        return f"({text_of(r, depth - 1)} {r.choice(OPERATORS['str'])} {text_of(r, depth - 1)})"
    if k < 0.4:
        return f"({r.choice(FORMATS)} % {r.choice([number, number, anything])(r, depth - 1)})"
    if k < 0.44:
        return f"{r.choice(BRACES)}.format({r.choice([number, number, anything])(r, depth - 1)})"
    if k < 0.48:
        return f"({text_of(r, 0)} * {r.choice(['2', '0', '-1', '3'])})"
    if k < 0.7:
        return f"({text_of(r, depth - 1)})|{r.choice(STR_FILTERS)}"
    return f"({text_of(r, depth - 1)}){r.choice(STR_METHODS)}"


def listing(r, depth):
    k = r.random()
    if depth <= 0 or k < 0.3:
        return r.choice(LITERALS["list"])
    if k < 0.4:
        return f"[{anything(r, depth - 1)}, {anything(r, depth - 1)}]"
    if k < 0.45:
        return f"({listing(r, depth - 1)} {r.choice(OPERATORS['list'])} {listing(r, depth - 1)})"
    if k < 0.75:
        return f"({listing(r, depth - 1)})|{r.choice(LIST_FILTERS)}"
    return f"({listing(r, depth - 1)}){r.choice(LIST_METHODS)}"


def mapping(r, depth):
    k = r.random()
    if k < 0.2:
        return r.choice(LITERALS["dict"])
    if k < 0.35:
        return f"({r.choice(LITERALS['rows'])})|{r.choice(ROW_FILTERS)}"
    if k < 0.45:
        return f"{{{text_of(r, 0)}: {anything(r, depth - 1)}, 'k': {anything(r, depth - 1)}}}"
    if k < 0.7:
        return f"({r.choice(LITERALS['dict'])})|{r.choice(DICT_FILTERS)}"
    return f"({r.choice(LITERALS['dict'])}){r.choice(DICT_METHODS)}"


def anything(r, depth):
    k = r.random()
    if depth <= 0 or k < 0.05:
        return r.choice(LITERALS[r.choice(list(LITERALS))])
    if k < 0.22:
        return number(r, depth)
    if k < 0.45:
        return text_of(r, depth)
    if k < 0.6:
        return listing(r, depth)
    if k < 0.75:
        return mapping(r, depth)
    if k < 0.84:
        return f"({anything(r, depth - 1)} is {'not ' if r.random() < 0.3 else ''}{r.choice(TESTS)})"
    if k < 0.87:
        return f"(not {anything(r, depth - 1)})"
    if k < 0.9:
        return f"({anything(r, depth - 1)} if {anything(r, depth - 1)}{r.choice(['', ' else ' + anything(r, depth - 1)])})"
    if k < 0.95:
        return f"({anything(r, 0)} {r.choice(OPERATORS['any'])} {anything(r, 0)})"
    if k < 0.97:
        return f"{number(r, 0)} {r.choice(OPERATORS['num'][:5])} {number(r, 0)} {r.choice(OPERATORS['num'][7:])} {number(r, 0)} {r.choice(['<', '==', '~', 'and'])} {number(r, 0)}"
    return f"({anything(r, depth - 1)})|{r.choice(STR_FILTERS + NUM_FILTERS + LIST_FILTERS + DICT_FILTERS + ROW_FILTERS)}"


def gap(r):
    return r.choice(["a", " ", "\n", "  \n  ", "b\n", "\t", "", "x y", "\r\n", "\n\n", "{{ '' }}"])


LOOP = [
    "{{ loop.index }}{{ loop.last }}",
    "{{ loop.revindex }}/{{ loop.length }}",
    "{{ i }}",
    "{{ loop.previtem }}{{ loop.nextitem }}",
    "{{ loop.cycle('p','q') }}{{ loop.changed(i) }}",
    "{% if loop.first %}{% continue %}{% endif %}",
    "{% if loop.index0 == 2 %}{% break %}{% endif %}",
    "{{ loop.depth }}{{ loop.depth0 }}{{ loop.revindex0 }}",
    "{% set outer = i %}",
    "{{ loop }}",
    "{% if loop.previtem is defined and loop.previtem == i %}={% endif %}",
    "{% for j in l %}{{ loop.index }}{{ i }}{{ j }}{% if j == 1 %}{% break %}{% endif %}{% endfor %}",
]


def block(r, depth):
    k = r.random()
    mark = lambda: r.choice(["", "", "", "-", "+"])
    o, x = "{%" + mark() + " ", " " + r.choice(["", "", "-", "+"]) + "%}"
    e = lambda: anything(r, 1)
    inner = lambda: gap(r) + "".join(block(r, depth - 1) for _ in range(r.randint(1, 2))) + gap(r)
    if depth <= 0 or k < 0.3:
        return "{{" + r.choice(["", "-", "+"]) + " " + anything(r, 2) + " " + r.choice(["", "-", "+"]) + "}}" + gap(r)
    if k < 0.42:
        return f"{o}if {e()}{x}{inner()}{o}elif {e()}{x}{inner()}{o}else{x}{inner()}{o}endif{x}"
    if k < 0.6:
        over = r.choice([lambda: listing(r, 1), lambda: mapping(r, 1), lambda: text_of(r, 0), lambda: r.choice(LITERALS["list"])])()
        name = r.choice(["i", "i", "i", "k, i"]) if "items" not in over else "k, i"
        return (
            f"{o}for {name} in {over}{r.choice(['', '', ' if i', ' if i is string', ' if loop.index is odd'])}{x}{r.choice(LOOP)}{inner()}{o}else{x}none{o}endfor{x}"
            + r.choice(["", "{{ i }}", "{{ outer }}{{ loop }}"])
        )
    if k < 0.66:
        return f"{o}set v = {anything(r, 2)}{x}" + "{{ v }}" + gap(r)
    if k < 0.7:
        return f"{o}set v, w = {listing(r, 0)}{x}" + "{{ w }}{{ v }}" + gap(r)
    if k < 0.75:
        return f"{o}set v{r.choice(['', ' | upper', ' | trim'])}{x}{inner()}{o}endset{x}[{{{{ v }}}}]"
    if k < 0.8:
        return f"{o}set ns = namespace(q={e()}){x}{o}for i in l{x}{o}set ns.q = {r.choice(['ns.q ~ i', 'i', e()])}{x}{o}endfor{x}{{{{ ns.q }}}}"
    if k < 0.88:
        call = r.choice(
            ["m({0})", "m({0}, {1})", "m(q={0}, p={1})", "m()", "m({0},{1},{0})", "m({0}, z={1})", "m.name", "m.arguments"]
        ).format(anything(r, 0), anything(r, 0))
        return (
            f"{o}macro m(p, q={anything(r, 1)}){x}{inner()}{{{{ p }}}}{{{{ q }}}}{r.choice(['', '{{ varargs }}', '{{ kwargs }}', '{{ caller() }}', '{{ v }}'])}{o}endmacro{x}"
            + r.choice(
                [
                    "{{ " + call + " }}",
                    f"{o}call m({anything(r, 0)}){x}in{o}endcall{x}",
                    "{{ " + call + "|upper }}",
                    f"{o}call(a) m(1){x}{{{{ a }}}}{o}endcall{x}",
                ]
            )
        )
    if k < 0.91:
        return f"{o}filter {r.choice(['upper', 'trim', 'indent(2)', 'replace(1,2)'])}{x}{inner()}{o}endfilter{x}"
    if k < 0.93:
        return f"{o}with a = {e()}, b = {e()}{x}{{{{ a }}}}{inner()}{{{{ b }}}}{o}endwith{x}{{{{ a }}}}"
    if k < 0.95:
        return f"{o}generation{x}{inner()}{o}endgeneration{x}"
    if k < 0.97:
        return f"{o}raw{x}{{{{ x }}}} {{% if %}}{o}endraw{x}"
    return "{#" + r.choice(["", "-", "+"]) + " c " + r.choice(["", "-", "+"]) + "#}" + gap(r)


def template(r):
    if r.random() < 0.7:
        return "{{ " + anything(r, 3) + " }}"
    return gap(r) + "".join(block(r, 2) for _ in range(r.randint(1, 3))) + gap(r)


VALUES = {
    "s": " Kaixo mundua ",
    "n": 5,
    "f": 1234.5678,
    "l": [3, 1, 2],
    "d": {"a": "x", "b": None, "items": 1},
    "rows": [{"k": 1, "n": "z"}, {"k": 2.5, "n": "y"}],
    "messages": [{"role": "user", "content": " bat\n"}, {"role": "assistant", "content": "bi"}, {"role": "user", "content": "hiru"}],
    "tools": None,
    "documents": None,
    "add_generation_prompt": True,
    "bos_token": "<s>",
    "eos_token": "</s>",
}


class Slow(Exception):
    pass


def stop(*_):
    raise Slow


def rendered(source):
    """The rendering, or None; with the error."""
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        return ENV.from_string(source).render(**copy.deepcopy(VALUES)), None
    except Slow:
        return "x" * 3000, None
    except Exception as e:
        return None, f"{type(e).__name__}: {e}"[:160]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, stop)
    ENV = chat_template_utils._compile_jinja_template("x").environment
    r = random.Random(int(sys.argv[1]))
    rows = []
    for source in json.load(open(sys.argv[3])) if len(sys.argv) > 3 else []:
        rows.append([source, rendered(source)[0]])
    while len(rows) < int(sys.argv[2]):
        source = template(r)
        text, error = rendered(source)
        if (
            REFUSED.search(source)
            or len(source) > 300
            or (text is not None and ("<built-in" in text or " at 0x" in text or len(text) > 300))
            or (error and r.random() < 0.6)
        ):
            continue
        rows.append([source, text])
    print("[" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]")
