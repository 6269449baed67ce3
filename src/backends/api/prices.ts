import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { packagePath } from '../../package-files.js';
import type { Request } from '../../types.js';
import { refuseDeepYaml } from '../../yaml-depth.js';

/** US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

interface PriceTable {
  /** The file, for messages and results. */
  readonly file: string;
  /** Day on which the prices were looked up, as the file says it; empty where it does not. */
  readonly checked: string;
  /** Full names, or beginnings that end in `*`. */
  readonly models: Readonly<Record<string, Price>>;
}

const price = z.strictObject({ input: z.number().nonnegative(), output: z.number().nonnegative() });
const schema = z.looseObject({ checked: z.union([z.string(), z.date()]).optional(), models: z.record(z.string(), price) });

/**
 * Reads a price table; null reads the one that ships with the package. Throws `UserError` naming the file and what is wrong in it.
 */
export async function loadPrices(file: string | null): Promise<PriceTable> {
  const path = file ?? packagePath('prices.yaml');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError(`--prices ${path}: ${messageOf(error)}`);
  }
  return { ...pricesOf(text, path), file: file ?? 'prices.yaml' };
}

/**
 * Returns the price table in the text of the file at `path`; throws as `loadPrices` does.
 */
export function pricesOf(text: string, path: string): PriceTable {
  let content: unknown;
  try {
    refuseDeepYaml(text);
    content = parse(text, { logLevel: 'error' });
  } catch (error) {
    throw new UserError(`--prices ${path}: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      `--prices ${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}; valid is models: { NAME: { input: 2.5, output: 10 } }`,
    );
  }
  const { checked, models } = parsed.data;
  return { file: path, checked: checked instanceof Date ? checked.toISOString().slice(0, 10) : (checked ?? ''), models };
}

/**
 * Returns a model's price: that of its full name, else of the longest beginning that fits; null where there is none.
 */
export function findPrice(table: PriceTable, model: string): Price | null {
  const exact = Object.hasOwn(table.models, model) ? table.models[model] : undefined;
  if (exact !== undefined) return exact;
  let best: string | null = null;
  for (const name of Object.keys(table.models)) {
    if (name.endsWith('*') && model.startsWith(name.slice(0, -1)) && name.length > (best?.length ?? 0)) best = name;
  }
  return best === null ? null : (table.models[best] ?? null);
}

/**
 * Returns the price of a number of tokens in US dollars.
 */
export function costOf(price: Price, inputTokens: number, outputTokens: number): number {
  return (inputTokens * price.input + outputTokens * price.output) / 1_000_000;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What a number of requests would take. */
export interface Estimate {
  readonly requests: number;
  readonly inputTokens: Range;
  readonly outputTokens: Range;
  /** Null where the price is not known. */
  readonly usd: Range | null;
  /** True where the tokens of the prompts were counted, not guessed. */
  readonly exact: boolean;
}

/** Numbers of tokens of texts. */
export type CountTokens = (texts: readonly string[]) => Promise<readonly number[]>;

interface EstimateOptions {
  readonly price: Price | null;
  /** Counts the tokens of a text where the tokenizer is known; null guesses from the length. */
  readonly countTokens: CountTokens | null;
  /** New tokens where a request names no limit. */
  readonly defaultNewTokens: number;
}

/** Characters per token. GPT-4 counts about 2.2 in the Basque prompts of the paper and more than 4 in English ones. */
const CHARACTERS_PER_TOKEN: Range = { low: 4.8, high: 1.8 };
/** Tokens that a chat API counts per message and per request besides the text. */
const MESSAGE_TOKENS: Range = { low: 3, high: 6 };

/**
 * Adds up what requests would take; used by `--dry-run`, task by task. Repeated calls of `add` need no memory.
 */
export function createEstimate(options: EstimateOptions): { add(request: Request): Promise<void>; total(): Estimate } {
  let requests = 0;
  const input = { low: 0, high: 0 };
  const output = { low: 0, high: 0 };
  const count = async (texts: readonly string[]): Promise<Range[]> => {
    if (options.countTokens === null)
      return texts.map((text) => ({ low: text.length / CHARACTERS_PER_TOKEN.low, high: text.length / CHARACTERS_PER_TOKEN.high }));
    return (await options.countTokens(texts)).map((tokens) => ({ low: tokens, high: tokens }));
  };
  const addInput = (range: Range): void => {
    input.low += range.low;
    input.high += range.high;
  };
  return {
    async add(request) {
      requests += 1;
      if (request.kind === 'choices') {
        const whole = (continuation: string, i: number): string => (request.contexts?.[i] ?? request.context) + continuation;
        for (const range of await count(request.continuations.map(whole))) addInput(range);
        output.low += request.continuations.length;
        output.high += request.continuations.length;
        return;
      }
      const texts = typeof request.context === 'string' ? [request.context] : request.context.map((message) => message.content);
      for (const range of await count(texts)) addInput(range);
      const messages = typeof request.context === 'string' ? 0 : request.context.length;
      addInput({ low: messages * MESSAGE_TOKENS.low, high: messages * MESSAGE_TOKENS.high });
      output.low += 1;
      output.high += request.kind === 'rolling' ? 1 : (request.maxNewTokens ?? options.defaultNewTokens);
    },
    total() {
      const round = (range: Range): Range => ({ low: Math.floor(range.low), high: Math.ceil(range.high) });
      const { price } = options;
      const usd = price === null ? null : { low: costOf(price, input.low, output.low), high: costOf(price, input.high, output.high) };
      return { requests, inputTokens: round(input), outputTokens: round(output), usd, exact: options.countTokens !== null };
    },
  };
}
