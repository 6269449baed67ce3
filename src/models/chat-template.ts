import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Environment, Interpreter, parse } from '@huggingface/jinja';
import { messageOf, systemCode, UserError } from '../errors.js';
import { refusePlaceholder } from '../placeholder-file.js';
import { tokenizeBounded } from '../prompts/jinja-nesting.js';
import { rstrip, strip } from '../python/strings.js';
import type { ChatRenderer, Message } from '../types.js';

export interface ChatTemplate {
  readonly render: ChatRenderer;
  /** The template itself, for the result file. */
  readonly source: string;
}

export interface ChatTemplateOptions {
  /** The date that `strftime_now` gives to templates that ask for it; without it they print the fixed date they fall back to. */
  readonly now?: Date | null;
}

/** Templates come with models from strangers: bounds on their source, on what they print, and on the steps and the time
 * that one rendering takes (loops with an empty body take time but no steps). */
const MAX_SOURCE = 1024 * 1024;
const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_STEPS = 300_000;
const MAX_RANGE = 10_000;
const MAX_SECONDS = 10;
/** Items of a list or object with everything inside it, each counted as often as printing it would meet it. */
const MAX_WEIGHT = 200_000;

/** What a template says with `raise_exception`. */
class Refusal extends Error {}

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

function objectOf(text: string | null, file: string): Readonly<Record<string, unknown>> {
  if (text === null) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${messageOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UserError(`${file}: expected a JSON object`);
  return { ...value };
}

function sourceOf(value: unknown, folder: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  const named = new Map<string, string>();
  for (const entry of Array.isArray(value) ? value : [value]) {
    if (typeof entry !== 'object' || entry === null) continue;
    if ('name' in entry && 'template' in entry && typeof entry.name === 'string' && typeof entry.template === 'string')
      named.set(entry.name, entry.template);
  }
  const chosen = named.get('default');
  if (chosen === undefined) {
    const names = named.size === 0 ? 'none' : [...named.keys()].join(', ');
    throw new UserError(`${folder}: chat_template is neither a text nor a list with a template named 'default' (found: ${names})`);
  }
  return chosen;
}

/** Tokens that templates may print (`bos_token`, `eos_token`, ...), written as a text or as an object with `content`. */
function specialTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    if (!/^[a-z_]+_token$/.test(name)) continue;
    if (typeof value === 'string') tokens[name] = value;
    else if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string')
      tokens[name] = value.content;
  }
  return tokens;
}

/** What is used of the library's classes; its own declarations do not resolve under Node's module rules. */
interface Evaluator {
  evaluate(node: unknown, environment: unknown): { readonly value: unknown };
  run(program: unknown): { readonly value: unknown };
}
interface Variables {
  set(name: string, value: unknown): unknown;
}
const BaseInterpreter: new (environment: Variables) => Evaluator = Interpreter;

/** Counts steps and watches the size of texts, so that a template cannot run or grow without end. */
class BoundedInterpreter extends BaseInterpreter {
  #left = MAX_STEPS;
  #weights = new WeakMap<object, Weight>();
  readonly #end = performance.now() + 1000 * MAX_SECONDS;

  override evaluate(node: unknown, environment: unknown): { readonly value: unknown } {
    if (--this.#left < 0) throw new Refusal(`it takes more than ${MAX_STEPS} steps`);
    if (this.#left % 256 === 0 && performance.now() > this.#end) throw new Refusal(`it takes more than ${MAX_SECONDS} seconds`);
    const result = super.evaluate(node, environment);
    const { value } = result;
    if (typeof value === 'string') {
      if (value.length > MAX_OUTPUT) throw new Refusal(`it prints more than ${MAX_OUTPUT} characters`);
      this.#left -= value.length >> 10;
    } else if (Array.isArray(value) || value instanceof Map) {
      const { items, depth } = this.#weigh(result, 0);
      if (items > MAX_WEIGHT || depth > MAX_DEPTH) throw new Refusal('it makes lists that are too large or too deep');
      this.#left -= (Array.isArray(value) ? value.length : value.size) >> 3;
    }
    // A field of an object has changed: what holds it weighs something else now.
    if (setsField(node)) this.#weights = new WeakMap();
    return result;
  }

  /** The weight of a list or object: lists that hold one list twice, over and over, are small but print without end. */
  #weigh(owner: object, depth: number): Weight {
    const known = this.#weights.get(owner);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new Refusal('it makes lists that are too deep, or hold themselves');
    const value: unknown = Reflect.get(owner, 'value');
    let weight: Weight = { items: 1, depth: 1 };
    if (Array.isArray(value) || value instanceof Map) {
      for (const item of value.values()) {
        this.#left--;
        const inner = typeof item === 'object' && item !== null ? this.#weigh(item, depth + 1) : weight;
        weight = { items: weight.items + inner.items, depth: Math.max(weight.depth, inner.depth + 1) };
      }
    }
    this.#weights.set(owner, weight);
    return weight;
  }
}

interface Weight {
  readonly items: number;
  readonly depth: number;
}

/** Lists inside lists. */
const MAX_DEPTH = 100;

/** Whether a node is `set owner.field = ...`. */
function setsField(node: unknown): boolean {
  if (typeof node !== 'object' || node === null || Reflect.get(node, 'type') !== 'Set') return false;
  const target: unknown = Reflect.get(node, 'assignee');
  return typeof target === 'object' && target !== null && Reflect.get(target, 'type') === 'MemberExpression';
}

/**
 * Returns the function that renders messages with a chat template, as the `transformers` library does: blocks trimmed, no tools, no documents.
 * Throws `UserError` when the template does not parse; the function throws it when the template refuses the messages.
 */
export function chatRenderer(source: string, tokens: Readonly<Record<string, string>>, options: ChatTemplateOptions = {}): ChatRenderer {
  if (source.length > MAX_SOURCE) throw new UserError(`the chat template has ${source.length} characters; at most ${MAX_SOURCE} are read`);
  let program: unknown;
  try {
    program = parse(tokenizeBounded(source.replace(/\r\n?/g, '\n'), { trim_blocks: true, lstrip_blocks: true }));
  } catch (error) {
    throw new UserError(`the chat template does not parse: ${messageOf(error)}`);
  }
  const run = (messages: readonly Message[], addGenerationPrompt: boolean): string => {
    const environment = makeEnvironment(options.now ?? null);
    for (const [name, token] of Object.entries(tokens)) environment.set(name, token);
    environment.set('messages', messages);
    environment.set('add_generation_prompt', addGenerationPrompt);
    environment.set('tools', null);
    environment.set('documents', null);
    try {
      const { value } = new BoundedInterpreter(environment).run(program);
      if (typeof value !== 'string') throw new Error('it gave no text');
      return value;
    } catch (error) {
      throw new UserError(
        `${error instanceof Refusal ? 'the chat template refuses the messages' : 'the chat template cannot be rendered'}: ${messageOf(error)}`,
      );
    }
  };
  return (messages, settings = {}) => {
    const generate = settings.addGenerationPrompt ?? true;
    if (settings.continueFinalMessage !== true) return withPythonSpaces(messages, (m) => run(m, generate));
    return withPythonSpaces(messages, (m) => continueFinal(m, (marked) => run(marked, generate)));
  };
}

function makeEnvironment(now: Date | null): Variables {
  const environment: Variables = new Environment();
  for (const [name, value] of [
    ['true', true],
    ['True', true],
    ['false', false],
    ['False', false],
    ['none', null],
    ['None', null],
  ] as const) {
    environment.set(name, value);
  }
  environment.set('raise_exception', (message: unknown) => {
    throw new Refusal(String(message));
  });
  environment.set('range', (...bounds: readonly unknown[]) => boundedRange(bounds));
  if (now !== null) environment.set('strftime_now', (format: unknown) => strftime(now, String(format)));
  return environment;
}

function boundedRange(bounds: readonly unknown[]): number[] {
  const numbers = bounds.filter((x) => typeof x === 'number');
  const [start, stop, step] = numbers.length === 1 ? [0, numbers[0] ?? 0, 1] : [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 1];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(length) || length > MAX_RANGE) throw new Refusal(`a range of more than ${MAX_RANGE} numbers`);
  return Array.from({ length }, (_, i) => start + i * step);
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The parts of Python's strftime that chat templates use, with English names as in the C locale; times are UTC. */
function strftime(now: Date, format: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const month = MONTHS[now.getUTCMonth()] ?? '';
  const day = DAYS[now.getUTCDay()] ?? '';
  const parts: Readonly<Record<string, string>> = {
    Y: String(now.getUTCFullYear()),
    y: two(now.getUTCFullYear() % 100),
    m: two(now.getUTCMonth() + 1),
    d: two(now.getUTCDate()),
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    H: two(now.getUTCHours()),
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    '%': '%',
  };
  return format.replace(/%(.)/gs, (whole, letter: string) => parts[letter] ?? whole);
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

/** Where JavaScript's and Python's idea of white space differ: U+FEFF is blank only here; these controls and U+0085 only there. */
const DIFFERING = ['\ufeff', '\x1c', '\x1d', '\x1e', '\x1f', '\x85'];
/** Characters that stand in for them while the template runs: blank in both languages and rare, or a private one for U+FEFF. */
const BLANKS = ['\u1680', '\u2000', '\u2001', '\u2002', '\u2004', '\u2005', '\u2006', '\u2007', '\u2008', '\u2028', '\u2029', '\u205f'];

/** Renders so that `trim` trims what Python's `strip` would, by rendering stand-ins for the few characters on which the languages differ. */
function withPythonSpaces(messages: readonly Message[], render: (messages: readonly Message[]) => string): string {
  const all = messages.map((message) => message.content).join('');
  const present = DIFFERING.filter((char) => all.includes(char));
  if (present.length === 0) return render(messages);
  const free = BLANKS.filter((char) => !all.includes(char));
  const pairs = present.map((char) => [char, char === '\ufeff' ? '\uf8f0' : (free.shift() ?? char)] as const);
  const swapped = messages.map((message) => ({
    ...message,
    content: pairs.reduce((text, [char, other]) => text.replaceAll(char, other), message.content),
  }));
  return pairs.reduce((text, [char, other]) => text.replaceAll(other, char), render(swapped));
}
