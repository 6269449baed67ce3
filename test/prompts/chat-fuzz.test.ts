import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileChatTemplate } from '../../src/jinja/chat.js';
import { fromValue } from '../../src/jinja/convert.js';
import { TemplateError } from '../../src/jinja/work.js';
import { parseJson } from '../../src/python/json.js';
import type { Doc } from '../../src/types.js';

/** Templates with what transformers renders, null where it refuses (made by make-chat-fuzz.py, which has these values, too). */
const rows = JSON.parse(readFileSync(new URL('chat-fuzz.json', import.meta.url), 'utf8')) as [string, string | null][];
const values = parseJson(`{
  "s": " Kaixo mundua ", "n": 5, "f": 1234.5678, "l": [3, 1, 2], "d": {"a": "x", "b": null, "items": 1},
  "rows": [{"k": 1, "n": "z"}, {"k": 2.5, "n": "y"}],
  "messages": [{"role": "user", "content": " bat\\n"}, {"role": "assistant", "content": "bi"}, {"role": "user", "content": "hiru"}],
  "tools": null, "documents": null, "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>"
}`) as Doc;
const names = new Map(Object.entries(values).map(([name, value]) => [name, fromValue(value)]));

function rendered(template: string): string | null {
  try {
    return compileChatTemplate(template, new Date(0))(names);
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}

it(`${rows.length} random templates are rendered or refused as transformers does`, () => {
  expect(rows.length).toBe(1665);
  const differing = rows.map(([template, python]) => ({ template, python, ours: rendered(template) }));
  expect(differing.filter(({ python, ours }) => python !== ours)).toEqual([]);
});
