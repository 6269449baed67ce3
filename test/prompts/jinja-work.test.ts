import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../src/jinja/template.js';
import { chatRenderer } from '../../src/models/chat-template.js';

function render(source: string): string {
  return compileTemplate(source).render({});
}

/** 30 tuples of one item around one another, or pairs of the same tuple twice, whose printed text has 2^30 parts. */
const NESTED = '{% set ns = namespace(a=1) %}{% for i in range(30) %}{% set ns.a = (ns.a,) %}{% endfor %}';
const DOUBLED = NESTED.replace('(ns.a,)', '(ns.a, ns.a)');

function often(times: number, inside: string): string {
  return `{% for i in [0] * ${times} %}${inside}{% endfor %}`;
}

describe('a template spends what it makes before it makes it', () => {
  const texts = "{% set a = 'a' * 500000 %}{% set s = a|safe %}";
  const big = '{% set big = (2 ** 900) ** 10 %}';
  const zeros = '{% set zeros = [0] * 200000 %}';
  const tooMuch: Readonly<Record<string, string>> = {
    'a key of doubled tuples': `${DOUBLED}{% set d = {ns.a: 1} %}`,
    'unique doubled tuples': `${DOUBLED}{{ [ns.a]|unique|list|length }}`,
    'a doubled tuple in an object': `${DOUBLED}{{ ns.a in {1: 1} }}`,
    'an item by a doubled tuple': `${DOUBLED}{{ {1: 1}[ns.a] }}`,
    'groups of doubled tuples': `${DOUBLED}{{ [{'k': ns.a}, {'k': ns.a}]|groupby('k')|length }}`,
    'a doubled tuple printed': `${DOUBLED}{{ ns.a }}`,
    'a doubled tuple joined': `${DOUBLED}{{ [ns.a]|join }}`,
    'a doubled tuple in a text': `${DOUBLED}{{ ns.a ~ '' }}`,
    'a doubled tuple as JSON': `${DOUBLED}{{ ns.a|tojson }}`,
    'a doubled tuple formatted': `${DOUBLED}{{ '%s' % (ns.a,) }}`,
    'large integers printed': `${big}{{ ([big] * 9000)|string|length }}`,
    'large integers multiplied': `${big}${often(9000, '{% set x = big * big // big %}')}`,
    'large integers as keys': `${big}${often(9000, '{% set x = {big: 1} %}')}`,
    'a text reversed': `${texts}${often(50, '{% set x = a|reverse %}')}`,
    'the case of a text': `${texts}${often(50, '{% if a is lower %}{% endif %}')}`,
    'a text read as a number': `${texts}${often(50, '{% if a|float %}{% endif %}')}`,
    'a text formatted': `${texts}${often(50, '{% set x = a.format() %}')}`,
    'a text marked as safe compared': `${texts}${often(400, "{% if s == a ~ '' %}{% endif %}")}`,
    'characters to strip': `${texts}${often(50, "{% set x = ''.strip(a) %}")}`,
    'many prefixes': `{% set p = ('b',) * 200000 %}${often(100, "{% if 'a'.startswith(p) %}{% endif %}")}`,
    'items counted': `${zeros}${often(100, '{% if zeros.count(1) %}{% endif %}')}`,
    'wide formats': `{{ ('%999s' * 20000 % ((1,) * 20000))|length }}`,
    'tabs made wide': `{{ ('\\t' * 20000).expandtabs(1000)|length }}`,
    'separators of JSON': `${texts}{{ ([0] * 100)|tojson(separators=(a, ':'))|length }}`,
    'a long path': `{{ ([1] * 1000)|map(attribute='real.' * 5000 ~ 'real')|list|length }}`,
  };
  for (const [name, source] of Object.entries(tooMuch)) {
    it(name, () => {
      const rendered = () => (name === 'separators of JSON' ? chatRenderer(source, {})([]) : render(source));
      expect(rendered).toThrow(/makes too much of its values/);
    });
  }
});

describe('what is made of much is still right', () => {
  it('keys of nested tuples are equal where the tuples are', () => {
    expect(render(`${NESTED}{% set d = {ns.a: 'bai'} %}{{ d[ns.a] }}{{ {(1, '2'): 1, ('1', 2): 2, (1.0, '2'): 3}|length }}`)).toBe('bai2');
    expect(render("{{ {('a', 'b'): 1, ('a,b',): 2, (('a',), 'b'): 3, ('a', ('b',)): 4}|length }}")).toBe('4');
    expect(render("{{ [(1, ('x',)), (True, ('x',)), (2,)]|unique|list }}")).toBe("[(1, ('x',)), (2,)]");
  });

  it('a loop that looks ahead goes on item by item', () => {
    expect(render(`${often(200_000, '{% if loop.last %}{{ loop.length }} {{ loop.index }} {{ loop.revindex }}{% endif %}')}`)).toBe(
      '200000 200000 1',
    );
    expect(render('{% for i in range(5)|select %}{{ loop.revindex }}{{ loop.nextitem|default("-") }} {% endfor %}')).toBe('42 33 24 1- ');
    expect(
      render('{% for i in range(4) %}{{ loop.nextitem|default("-") }}{{ loop.previtem|default("-") }}{{ loop|length }} {% endfor %}'),
    ).toBe('1-4 204 314 -24 ');
  });

  it('numbers are read without trying every way to part their digits', () => {
    expect(render("{{ ('1' * 200000 ~ 'x')|float }} {{ '1_0.5'|float }} {{ '1.'|float }} {{ '.5e1'|float }} {{ '12.5'|int }}")).toBe(
      '0.0 10.5 1.0 5.0 12',
    );
    expect(render("{{ ('f' * 500)|int(0, 16) == 16 ** 500 - 1 }} {{ ('2' * 5000)|int(7, 3) }}")).toBe('True 7');
    expect(() => render("{{ ('f' * 1000000)|int(0, 16) }}")).toThrow(/int: an integer of more than/);
  });

  it('views of objects are equal by their keys', () => {
    const views = '{% set a = {1: 2, "b": [3]} %}{% set b = {"b": [3], 1: 2} %}{% set c = {"b": [4], 1: 2} %}';
    expect(render(`${views}{{ a.items() == b.items() }} {{ a.items() == c.items() }} {{ a.keys() == c.keys() }}`)).toBe('True False True');
  });

  it('groups of digits', () => {
    expect(render("{{ '{:,} {:,} {:,} {:_} {:,.2f}'.format(1, 1000, 999999, 1234567, 1234.5) }}")).toBe(
      '1 1,000 999,999 1_234_567 1,234.50',
    );
  });

  it('characters by number', () => {
    expect(
      render(
        "{% set t = 'a😀b' %}{{ t[0] }} {{ t[1] }} {{ t[2] }} {{ t[3] is defined }} {{ t[-1] }} {{ t[-2] }} {{ t[-3] }} {{ t[-4] is defined }}",
      ),
    ).toBe('a 😀 b False b 😀 a False');
    expect(render(`{% set t = 'ñ' * 1000000 %}{% for i in range(20000) %}{% if t[0] != t[-1] %}x{% endif %}{% endfor %}`)).toBe('');
  });

  it('an object and arguments of many items', () => {
    expect(render("{{ cycler(*range(100000)).next() }} {{ '{0}'.format(*[1] * 300000) }}")).toBe('0 1');
  });
});
