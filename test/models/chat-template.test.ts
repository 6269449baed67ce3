import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chatRenderer, loadChatTemplate } from '../../src/models/chat-template.js';
import { packagePath } from '../../src/package-files.js';
import type { Message } from '../../src/types.js';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });

async function folderWith(files: Record<string, unknown>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'template-'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const LIST = '{% for m in messages %}[{{ m.role }}:{{ m.content | trim }}]{% endfor %}{% if add_generation_prompt %}>{% endif %}';

describe('where a template comes from', () => {
  it('a file of its own wins over tokenizer_config.json; tokens may be texts or objects', async () => {
    const folder = await folderWith({
      'chat_template.jinja': '{{ bos_token }}{{ eos_token }}{{ unk_token }}',
      'tokenizer_config.json': { chat_template: 'other', bos_token: { content: '<b>', lstrip: false }, eos_token: '<e>', unk_token: null },
    });
    const template = await loadChatTemplate(folder);
    expect(template?.render([user('x')])).toBe('<b><e>');
    expect(template?.source).toBe('{{ bos_token }}{{ eos_token }}{{ unk_token }}');
  });

  it('a list of named templates: default', async () => {
    const named = (names: readonly string[]) => ({
      'tokenizer_config.json': { chat_template: names.map((name) => ({ name, template: `is ${name}` })) },
    });
    const template = await loadChatTemplate(await folderWith(named(['tool_use', 'default'])));
    expect(template?.render([user('x')])).toBe('is default');
    await expect(folderWith(named(['tool_use', 'rag'])).then(loadChatTemplate)).rejects.toThrow(/'default' \(found: tool_use, rag\)/);
  });

  it('none is null, a broken file an error with its name', async () => {
    expect(await loadChatTemplate(await folderWith({ 'tokenizer_config.json': { bos_token: 'x' } }))).toBeNull();
    expect(await loadChatTemplate(await folderWith({}))).toBeNull();
    await expect(folderWith({ 'tokenizer_config.json': '{"chat_template": ' }).then(loadChatTemplate)).rejects.toThrow(
      /tokenizer_config\.json is not valid JSON/,
    );
    await expect(folderWith({ 'chat_template.jinja': '{% if %}' }).then(loadChatTemplate)).rejects.toThrow(/does not parse/);
  });
});

describe('rendering', () => {
  it('trims blocks and strips them on the left, as transformers does', () => {
    const render = chatRenderer('a\n  {% if true %}\nb\n  {% endif %}\nc\n', {});
    expect(render([user('x')])).toBe('a\nb\nc');
  });

  it('asks for a generation only when told', () => {
    const render = chatRenderer(LIST, {});
    expect(render([user('x')])).toBe('[user:x]>');
    expect(render([user('x')], { addGenerationPrompt: false })).toBe('[user:x]');
  });

  it('a refusal says what the template says', async () => {
    const gemma = await loadChatTemplate(packagePath('fixtures/prompts/templates/gemma'));
    expect(() => gemma?.render([system('s'), user('x')])).toThrow('the chat template refuses the messages: System role not supported');
    expect(() => gemma?.render([user('x'), user('y')])).toThrow('Roles must alternate');
  });

  it('offers no date unless asked', async () => {
    const folder = packagePath('fixtures/prompts/templates/dated');
    expect((await loadChatTemplate(folder))?.render([user('x')])).toContain('Today: 26 Jul 2024');
    expect((await loadChatTemplate(folder, { now: new Date('2026-02-03T00:00:00Z') }))?.render([user('x')])).toContain(
      'Today: 03 Feb 2026',
    );
  });

  it('trims what Python calls white space, and gives everything else back unchanged', () => {
    const render = chatRenderer(LIST, {});
    // From Python: '\ufeffx\ufeff'.strip(), '\x1cx\x85\x1f'.strip(), '\xa0x\u3000'.strip(); inner ones stay.
    expect(render([user('\ufeffx\ufeff')])).toBe('[user:\ufeffx\ufeff]>');
    expect(render([user('\x1cx\x85\x1f')])).toBe('[user:x]>');
    expect(render([user('\xa0x\u3000')])).toBe('[user:x]>');
    expect(render([user('a\x85b\ufeffc\x1cd')])).toBe('[user:a\x85b\ufeffc\x1cd]>');
    expect(chatRenderer('{{ messages[0].content }}', {})([user('\x1c a \x85')])).toBe('\x1c a \x85');
  });

  it('continues the final message: cut behind its text, whatever the template puts there', () => {
    const options = { addGenerationPrompt: false, continueFinalMessage: true };
    const keeps = chatRenderer('{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}', {});
    expect(keeps([user('q'), assistant('The answer is ')], options)).toBe('<user>q</><assistant>The answer is ');
    // A template that trims: the text loses its trailing blank (as transformers gives it).
    expect(chatRenderer(LIST, {})([user('q'), assistant('The answer is ')], options)).toBe('[user:q][assistant:The answer is');
    const drops = chatRenderer('{{ messages[0].content }}', {});
    expect(() => drops([user('q'), assistant('a')], options)).toThrow(/leaves out the final message/);
  });
});

describe('templates of models that also take pictures', () => {
  const PARTS =
    "{% for m in messages %}{{ m['role'] }}:{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}{% elif p['type'] == 'image' %}<image>{% endif %}{% endfor %};{% endfor %}";
  const EITHER =
    '{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}<{{ p.text }}>{% endfor %}{% endif %};{% endfor %}';

  it('one that prints parts alone gets parts, in all uses', () => {
    const render = chatRenderer(PARTS, {});
    expect(render([user('bat'), assistant('bi'), user('hiru')])).toBe('user:bat;assistant:bi;user:hiru;');
    expect(render([user('bat'), assistant('bi')], { addGenerationPrompt: false, continueFinalMessage: true })).toBe(
      'user:bat;assistant:bi',
    );
  });

  it('one that takes a text gets a text, as from the harness', () => {
    expect(chatRenderer(EITHER, {})([user('bat'), user('bi')])).toBe('bat;bi;');
    expect(chatRenderer('no content at all', {})([user('bat')])).toBe('no content at all');
  });

  it("a processor's chat_template.json counts where there is no other", async () => {
    const folder = await folderWith({ 'chat_template.json': { chat_template: PARTS }, 'tokenizer_config.json': {} });
    expect((await loadChatTemplate(folder))?.render([user('bat')])).toBe('user:bat;');
  });
});

describe('hostile templates end', () => {
  it('loops without end, ranges and growing texts', () => {
    const render = (source: string) => () => chatRenderer(source, {})([user('x'.repeat(10_000))]);
    expect(render('{% for i in range(1000000000) %}x{% endfor %}')).toThrow(/a range of more than/);
    expect(render('{% for i in range(9000) %}{% for j in range(300) %}{{ i }}{% endfor %}{% endfor %}')).toThrow(
      /more than \d+ characters and items/,
    );
    expect(
      render(`{% set ns = namespace(t=messages[0].content) %}{% for i in range(40) %}{% set ns.t = ns.t + ns.t %}{% endfor %}`),
    ).toThrow(/makes too much/);
    expect(() => chatRenderer('x'.repeat(2_000_000), {})).toThrow(/at most/);
  });

  it('cannot reach out of the template', () => {
    for (const source of ['{{ messages.constructor }}', "{{ ''.__class__ }}", '{{ process }}', '{{ globalThis }}']) {
      expect(chatRenderer(source, {})([user('x')])).toBe('');
    }
  });
});
