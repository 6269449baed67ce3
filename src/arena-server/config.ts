/** What an arena is: ARENA.yaml, checked field by field. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, systemCode, UserError } from '../errors.js';
import { PAGE_LANGUAGES } from '../page/words.js';
import { refuseProto } from '../python/plain-json.js';
import { refuseDeepYaml } from '../yaml-depth.js';
import { DEFAULT_TEXTS } from './default-texts.js';

const languages = z.enum(PAGE_LANGUAGES);
/** A text in every language of the page. */
const everyLanguage = z.strictObject({ eu: z.string().min(1), es: z.string().min(1), en: z.string().min(1) });
/** A new version asks everybody for consent again. */
const document = everyLanguage.extend({ version: z.string().min(1).max(40) });

/** Control characters, marks of writing direction, spaces without width; the joiner of emoji is none of them. */
const INVISIBLE = /[\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
/** The arena adds these itself. */
const WHOLE_ADDRESS = /\/(chat\/completions|completions|v1\/messages)\/?$/;

const MODEL = z.strictObject({
  /** As the ranking and the export name it; participants see it after the vote only. */
  name: z
    .string()
    .min(1)
    .max(100)
    // Two names that look the same would be two models, and a turned writing direction garbles every table.
    .refine((name) => !INVISIBLE.test(name), 'holds a character that cannot be seen'),
  /** Address before `/chat/completions` (openai) or `/v1/messages` (anthropic). */
  url: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !WHOLE_ADDRESS.test(url), 'give what stands before /chat/completions or /v1/messages'),
  /** As the endpoint names it. */
  model: z.string().min(1),
  api: z.enum(['openai', 'anthropic']).default('openai'),
  /** Environment variable that holds the key. */
  key_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .optional(),
  /** Parameters that this endpoint refuses, such as `top_p` beside `temperature`. */
  without: z.array(z.enum(['temperature', 'top_p'])).default([]),
  /** False: no new battles; those it fought still count. */
  active: z.boolean().default(true),
});

const CONFIG = z.strictObject({
  name: everyLanguage.default(DEFAULT_TEXTS.name),
  /** First language of the page where the browser asks for none of the three. */
  language: languages.default('eu'),
  models: z.array(MODEL).min(2),
  system_prompt: z.string().default(''),
  sampling: z
    .strictObject({
      temperature: z.number().min(0).max(2).default(0.9),
      top_p: z.number().gt(0).max(1).default(0.95),
      max_tokens: z.number().int().min(1).max(32_768).default(1024),
    })
    .prefault({}),
  /** Every draw follows from this and the battle's id, and is recorded. */
  seed: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).default(1234),
  /** `even`: pairs with the fewest battles first. `uncertain`: pairs whose next battle tells most about the ranking. */
  draw: z.enum(['even', 'uncertain']).default('even'),
  /** Prompts of one conversation. */
  turns: z.number().int().min(1).max(20).default(5),
  pace: z
    .strictObject({
      characters_per_second: z.number().min(10).max(10_000).default(150),
      /** Text that both sides must have before either is shown: what hides which one is slower. `all`: the whole answers. */
      lead_seconds: z.union([z.number().min(0).max(60), z.literal('all')]).default(2),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      first_text_seconds: z.number().gt(0).max(600).default(20),
      /** From the first text to the lead of `pace`: who is slower is replaced. */
      lead_seconds: z.number().gt(0).max(3600).default(40),
      silence_seconds: z.number().gt(0).max(600).default(20),
      answer_seconds: z.number().gt(0).max(3600).default(180),
    })
    .prefault({}),
  limits: z
    .strictObject({
      prompt_characters: z.number().int().min(1).max(100_000).default(4000),
      prompts_per_minute: z.number().int().min(1).default(6),
      prompts_per_day: z.number().int().min(1).default(200),
      registrations_per_address_per_day: z.number().int().min(1).default(30),
      requests_per_address_per_minute: z.number().int().min(1).default(600),
    })
    .prefault({}),
  registration: z.enum(['open', 'invitation']).default('open'),
  /** Codes for `registration: invitation`; each lets one participant in. */
  invitations: z.array(z.string().min(8).max(100)).default([]),
  /** Who sees the live ranking. */
  ranking: z.enum(['moderator', 'public']).default('moderator'),
  guidelines: document.default(DEFAULT_TEXTS.guidelines),
  privacy: document.default(DEFAULT_TEXTS.privacy),
  /** A battle in which an answer holds one of these words does not count: the voter may have known whom he judges. */
  identity_words: z
    .array(z.string().min(2))
    .default(['ChatGPT', 'OpenAI', 'GPT-4', 'Anthropic', 'Claude', 'Gemini', 'Llama', 'Latxa', 'Mistral', 'Qwen', 'DeepSeek']),
  /** Cookies for https only; say false to try the arena without TLS elsewhere than on this machine. */
  https: z.boolean().optional(),
  /** Reverse proxies in front, each of which adds an address to X-Forwarded-For. */
  trusted_proxies: z.number().int().min(0).max(10).default(0),
  /** Address that participants type, such as https://arena.example.eus: requests from pages elsewhere are refused. */
  origin: z.url({ protocol: /^https?$/ }).optional(),
  /** File (beside ARENA.yaml) or postgres://... */
  database: z.string().min(1).default('arena.db'),
  target: z
    .strictObject({ battles_per_pair: z.number().int().min(1).default(60), interval_points: z.number().gt(0).default(30) })
    .prefault({}),
});

/** A checked ARENA.yaml with its defaults filled in. */
export type ArenaConfig = z.infer<typeof CONFIG>;
/** One model and its endpoint. */
export type ArenaModelConfig = z.infer<typeof MODEL>;

/**
 * Reads ARENA.yaml; a database file without a folder lies beside it. Throws `UserError` naming file, field and what would be valid.
 */
export async function readConfig(file: string): Promise<ArenaConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`cannot read the arena ${file}: ${systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  }
  const config = configFrom(text, file);
  const inFile = !/^postgres(ql)?:\/\//.test(config.database);
  return inFile ? { ...config, database: path.resolve(path.dirname(file), config.database) } : config;
}

/**
 * Returns the arena in the text of a file; throws as `readConfig` does.
 */
export function configFrom(text: string, file: string): ArenaConfig {
  let content: unknown;
  try {
    refuseDeepYaml(text);
    content = parse(text, { maxAliasCount: 100, logLevel: 'error' }) ?? {};
    refuseProto(content);
  } catch (error) {
    throw new UserError(`${file}: not YAML: ${messageOf(error)}`);
  }
  return configOf(content, file);
}

/**
 * Checks the content of an arena that came from `file`. Throws as `readConfig` does.
 */
export function configOf(content: unknown, file: string): ArenaConfig {
  const parsed = CONFIG.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(
      `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}; docs/arena-serve.md lists the fields`,
    );
  }
  const names = parsed.data.models.map((m) => m.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`${file}: models: two are called '${twice}'`);
  if (parsed.data.models.filter((m) => m.active).length < 2) throw new UserError(`${file}: models: two must be active`);
  if (parsed.data.registration === 'invitation' && parsed.data.invitations.length === 0)
    throw new UserError(`${file}: invitations: registration by invitation needs codes, one a participant`);
  return parsed.data;
}
