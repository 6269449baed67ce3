import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { compileChatTemplate } from '../jinja/chat.js';
import { Dict, type Runtime } from '../jinja/values.js';
import { TemplateRefusal } from '../jinja/work.js';
import { refusePlaceholder } from '../placeholder-file.js';
import { isFields } from '../python/equal.js';
import { isArray, parseJson } from '../python/json.js';
import { rstrip, strip } from '../python/strings.js';
import type { ChatRenderer, Message, Value } from '../types.js';

export interface ChatTemplate {
  readonly render: ChatRenderer;
  /** The template itself, for the result file. */
  readonly source: string;
}

export interface ChatTemplateOptions {
  /** The date that `strftime_now` gives to templates that ask for it; without it they print the fixed date they fall back to. */
  readonly now?: Date | null;
}

/** Templates come with models from strangers; what they may do while they run is bounded by the interpreter. */
const MAX_SOURCE = 1024 * 1024;

/**
 * Returns the chat template of a model's folder, or null where it has none: `chat_template.jinja`, else `chat_template` of
 * `tokenizer_config.json` (a text, or a list of named templates of which `default` counts).
 * Throws `UserError` when the files are broken or the template does not parse.
 */
export async function loadChatTemplate(folder: string, options: ChatTemplateOptions = {}): Promise<ChatTemplate | null> {
  const text = (name: string): Promise<string | null> => readText(path.join(folder, name));
  const files = {
    config: await text('tokenizer_config.json'),
    separate: await text('chat_template.jinja'),
    older: await text('chat_template.json'),
    tokens: await text('special_tokens_map.json'),
  };
  return chatTemplateOf(files, folder, options);
}

/** Texts of the files that a template may come from; null where one is absent. */
export type TemplateFiles = Readonly<Record<'config' | 'separate' | 'older' | 'tokens', string | null>>;

/**
 * Returns the chat template in the texts of the files of a model's folder; see `loadChatTemplate`.
 */
export function chatTemplateOf(files: TemplateFiles, folder: string, options: ChatTemplateOptions = {}): ChatTemplate | null {
  const config = objectOf(files.config, path.join(folder, 'tokenizer_config.json'));
  const source =
    files.separate ??
    sourceOf(config.chat_template, folder) ??
    sourceOf(objectOf(files.older, path.join(folder, 'chat_template.json')).chat_template, folder);
  if (source === null) return null;
  const tokens = { ...specialTokens(objectOf(files.tokens, path.join(folder, 'special_tokens_map.json'))), ...specialTokens(config) };
  return { render: chatRenderer(source, tokens, options), source };
}

async function readText(file: string): Promise<string | null> {
  try {
    const text = await readFile(file, 'utf8');
    refusePlaceholder(text, file);
    return text;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`);
  }
}

type Fields = Readonly<Record<string, Value>>;

function objectOf(text: string | null, file: string): Fields {
  if (text === null) return {};
  let value: Value;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${messageOf(error)}`);
  }
  if (!isFields(value)) throw new UserError(`${file}: expected a JSON object`);
  return value;
}

function sourceOf(value: Value | undefined, folder: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  const named = new Map<string, string>();
  for (const entry of isArray(value) ? value : [value]) {
    if (isFields(entry) && typeof entry.name === 'string' && typeof entry.template === 'string') named.set(entry.name, entry.template);
  }
  const chosen = named.get('default');
  if (chosen === undefined) {
    const names = named.size === 0 ? 'none' : [...named.keys()].join(', ');
    throw new UserError(`${folder}: chat_template is neither a text nor a list with a template named 'default' (found: ${names})`);
  }
  return chosen;
}

/**
 * Tokens that templates may print by name, each a text or an object with `content`: `bos_token` and every other `..._token`, and what
 * `extra_special_tokens` and `model_specific_special_tokens` name.
 */
function specialTokens(config: Fields): Record<string, string> {
  const own = Object.entries(config).filter(([name]) => /^\w+_token$/.test(name));
  const named = ['extra_special_tokens', 'model_specific_special_tokens'].flatMap((key) => {
    const value = config[key] ?? null;
    return isFields(value) ? Object.entries(value) : [];
  });
  const tokens: Record<string, string> = {};
  for (const [name, value] of [...own, ...named]) {
    const text = isFields(value) ? value.content : value;
    if (typeof text === 'string') tokens[name] = text;
  }
  return tokens;
}

/**
 * Returns the function that renders messages with a chat template, as the `transformers` library does: blocks trimmed, no tools, no documents.
 * Throws `UserError` when the template does not parse; the function throws it when the template refuses the messages.
 */
export function chatRenderer(source: string, tokens: Readonly<Record<string, string>>, options: ChatTemplateOptions = {}): ChatRenderer {
  if (source.length > MAX_SOURCE) throw new UserError(`the chat template has ${source.length} characters; at most ${MAX_SOURCE} are read`);
  const render = compiled(source, options.now ?? null);
  const renderAs = (form: ContentForm, messages: readonly Message[], addGenerationPrompt: boolean): string => {
    const fields = messages.map((message) => new Dict(Object.entries({ ...message, content: contentAs(form, message.content) })));
    const names = new Map<string, Runtime>([
      ...Object.entries(tokens),
      ['messages', fields],
      ['add_generation_prompt', addGenerationPrompt],
      ['tools', null],
      ['documents', null],
    ]);
    try {
      return render(names);
    } catch (error) {
      const refuses = error instanceof TemplateRefusal;
      throw new UserError(
        `${refuses ? 'the chat template refuses the messages' : 'the chat template cannot be rendered'}: ${messageOf(error)}`,
      );
    }
  };
  let form: ContentForm | null = null;
  const run = (messages: readonly Message[], addGenerationPrompt: boolean): string => {
    form ??= formOf((tried) => renderAs(tried, [{ role: 'user', content: PROBE }], false));
    return renderAs(form, messages, addGenerationPrompt);
  };
  return (messages, settings = {}) => {
    const generate = settings.addGenerationPrompt ?? true;
    if (settings.continueFinalMessage !== true) return run(messages, generate);
    return continueFinal(messages, (marked) => run(marked, generate));
  };
}

/** How a template wants a message's content: as a text, or as a list of parts, as templates of models have it that also take pictures. */
type ContentForm = 'text' | 'parts';

const PROBE = 'CONTENT_FORM_TAG';

function contentAs(form: ContentForm, content: string): Runtime {
  return form === 'text'
    ? content
    : [
        new Dict([
          ['type', 'text'],
          ['text', content],
        ]),
      ];
}

/** The form in which a template prints a message. A text is what the harness gives; a template that leaves it out or fails at it, and prints parts, gets parts. */
function formOf(render: (form: ContentForm) => string): ContentForm {
  const prints = (form: ContentForm): boolean => {
    try {
      const rendered = render(form);
      // A part that is printed as it stands is no text either.
      return rendered.includes(PROBE) && !rendered.includes(`'${PROBE}'`);
    } catch {
      return false;
    }
  };
  return !prints('text') && prints('parts') ? 'parts' : 'text';
}

function compiled(source: string, now: Date | null): ReturnType<typeof compileChatTemplate> {
  try {
    return compileChatTemplate(source, now);
  } catch (error) {
    throw new UserError(`the chat template cannot be used: ${messageOf(error)}`);
  }
}

/** Behind the last message's text, so that its place in the rendered chat can be found; templates trim the blank. */
const MARK = 'CONTINUE_FINAL_MESSAGE_TAG ';

/** The rendered chat up to the end of the last message, which the model is to go on with. */
function continueFinal(messages: readonly Message[], run: (messages: readonly Message[]) => string): string {
  const last = messages.at(-1);
  if (last === undefined) throw new UserError('there is no final message to continue');
  const rendered = run([...messages.slice(0, -1), { ...last, content: last.content + MARK }]);
  const mark = MARK.trim();
  const at = rendered.lastIndexOf(mark);
  if (at < 0 || !rendered.includes(strip(last.content)))
    throw new UserError('the chat template leaves out the final message, so it cannot be continued');
  // A template that trims has also trimmed the blank behind the mark: then the text ends without its own trailing space.
  return rendered.slice(at, at + MARK.length) === MARK ? rendered.slice(0, at) : rstrip(rendered.slice(0, at));
}
