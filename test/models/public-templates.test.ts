/** What public chat templates do that other interpreters get wrong, each in a line of our own; the values are transformers' (null where it refuses). */
import { describe, expect, it } from 'vitest';
import { chatRenderer, chatTemplateOf } from '../../src/models/chat-template.js';
import type { Message } from '../../src/types.js';

const CASES: readonly (readonly [string, string, readonly Message[], string | null])[] = [
  [
    'Seed-OSS: a mapping with numbers as keys',
    '{%- set budget = {0: 0, 512: 128, 1024: 256} -%}{% for k, v in budget.items() %}{% if k >= 512 and not loop.last %}{{ k }}:{{ v }}{% endif %}{% endfor %}{{ budget[1024] }}',
    [{ role: 'user', content: '\n\n kaixo' }],
    '512:128256',
  ],
  [
    'functionary 3.1: selectattr on none',
    "{% for t in tools | selectattr('type', 'equalto', 'code') | list %}x{% endfor %}{{ (tools | selectattr('type') | list) }}",
    [{ role: 'user', content: '\n\n kaixo' }],
    '[]',
  ],
  [
    'Hy3: a function that is not known is asked for first',
    "{% if now is defined %}{{ now() }}{% else %}{{ 'fixed'.removeprefix('f') }}{% endif %}{{ now() if now is defined }}",
    [{ role: 'user', content: '\n\n kaixo' }],
    'ixed',
  ],
  ['a function that is not known, called', "{{ now('%d') }}", [{ role: 'user', content: '\n\n kaixo' }], null],
  [
    'Command R: an empty system message is not false',
    "{% if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content'] %}{% else %}{% set system_message = false %}{% endif %}{% if system_message != false %}<s>{{ system_message }}</s>{% endif %}",
    [{ role: 'system', content: '' }],
    '<s></s>',
  ],
  [
    'DeepSeek R1: an empty assistant turn',
    "{% for m in messages %}{% if m['role'] == 'assistant' and m['content'] is not none %}{% set content = m['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}[{{ content }}]{% endif %}{% endfor %}",
    [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '' },
    ],
    '[]',
  ],
  [
    'DeepSeek R1: tool calls that are not there',
    "{% for m in messages %}{% if m['role'] == 'assistant' and 'tool_calls' in m %}t{% elif m.tool_calls is not defined %}{{ '' ~ m.content + '|' }}{% endif %}{% endfor %}",
    [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '' },
    ],
    'a||',
  ],
  [
    'Nemotron: a system message alone',
    "{% set rest = messages[1:] %}{% if rest[0]['role'] != 'user' %}{{ raise_exception('user first') }}{% endif %}",
    [{ role: 'system', content: '' }],
    null,
  ],
  [
    'Llama 3.2 Vision: a loop over the characters of a text',
    "{% for c in messages[0].content %}{% if c.type == 'image' %}i{% elif 'type' in c %}t{% endif %}{% endfor %}{{ messages[0].content[-1] }}",
    [{ role: 'user', content: '\n\n kaixo' }],
    'o',
  ],
  [
    'QwQ: only line breaks are stripped',
    "{{ messages[0].content.split('</think>')[-1].lstrip('\\n') }}|",
    [{ role: 'user', content: '\n\n kaixo' }],
    ' kaixo|',
  ],
];

describe('templates in the manner of public ones', () => {
  it.each(CASES)('%s', (_, source, messages, python) => {
    const render = () => chatRenderer(source, {})(messages);
    if (python === null) expect(render).toThrow(/the chat template/);
    else expect(render()).toBe(python);
  });
});

it('tokenizer_config.json may hold Infinity and NaN, as Python writes them, and tokens with names of their own', () => {
  const config = '{"model_max_length": Infinity, "x": [NaN, -Infinity], "extra_special_tokens": {"image_token": "<img>"}}';
  const template = chatTemplateOf({ config, separate: '{{ image_token }}', older: null, tokens: null }, 'm');
  expect(template?.render([])).toBe('<img>');
});
