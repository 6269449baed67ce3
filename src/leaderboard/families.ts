/** Model families by name: who belongs together, and when a series came out. Runs in the page too, so it imports nothing. */

interface Series {
  readonly pattern: RegExp;
  readonly family: string;
  /** Who makes it; people search for this as well. */
  readonly maker: string;
}

/** The first that fits counts: what is built on a model comes before the model. */
const SERIES: readonly Series[] = [
  { pattern: /latxa/i, family: 'Latxa', maker: 'HiTZ' },
  { pattern: /kimu/i, family: 'Kimu', maker: 'Orai' },
  { pattern: /llama-eus/i, family: 'Llama-eus', maker: 'Orai' },
  { pattern: /salamandra|\balia\b/i, family: 'Salamandra', maker: 'BSC' },
  { pattern: /claude/i, family: 'Claude', maker: 'Anthropic' },
  { pattern: /\bgpt-?oss/i, family: 'GPT-OSS', maker: 'OpenAI' },
  { pattern: /\bgpt-?[345]|\bo[134](-|$)|chatgpt/i, family: 'GPT', maker: 'OpenAI' },
  { pattern: /gemini/i, family: 'Gemini', maker: 'Google' },
  { pattern: /gemma/i, family: 'Gemma', maker: 'Google' },
  { pattern: /qwen|qwq/i, family: 'Qwen', maker: 'Alibaba' },
  { pattern: /eurollm/i, family: 'EuroLLM', maker: 'UTTER' },
  { pattern: /mistral|mixtral|ministral|magistral/i, family: 'Mistral', maker: 'Mistral AI' },
  { pattern: /deepseek/i, family: 'DeepSeek', maker: 'DeepSeek' },
  { pattern: /apertus/i, family: 'Apertus', maker: 'Swiss AI' },
  { pattern: /aya|command-?[ra]/i, family: 'Aya', maker: 'Cohere' },
  { pattern: /smollm/i, family: 'SmolLM', maker: 'Hugging Face' },
  { pattern: /olmo/i, family: 'OLMo', maker: 'Ai2' },
  { pattern: /granite/i, family: 'Granite', maker: 'IBM' },
  { pattern: /\bphi-?\d/i, family: 'Phi', maker: 'Microsoft' },
  { pattern: /bloom/i, family: 'BLOOM', maker: 'BigScience' },
  { pattern: /xglm/i, family: 'XGLM', maker: 'Meta' },
  { pattern: /llama/i, family: 'Llama', maker: 'Meta' },
];

/**
 * Returns the family and the maker of a model by its names (the first name that tells counts), or null.
 */
export function familyOf(names: readonly string[]): { readonly family: string; readonly maker: string } | null {
  for (const name of names) {
    const series = SERIES.find(({ pattern }) => pattern.test(name));
    if (series !== undefined) return { family: series.family, maker: series.maker };
  }
  return null;
}

/** Days on which well-known series came out, from their makers' announcements; names are those of the hub. */
const RELEASES: readonly (readonly [RegExp, string])[] = [
  [/^meta-llama\/Llama-2-/i, '2023-07-18'],
  [/^meta-llama\/(Meta-)?Llama-3-/i, '2024-04-18'],
  [/^meta-llama\/(Meta-)?Llama-3\.1-/i, '2024-07-23'],
  [/^meta-llama\/Llama-3\.2-/i, '2024-09-25'],
  [/^meta-llama\/Llama-3\.3-/i, '2024-12-06'],
  [/^google\/gemma-2-(9b|27b)/i, '2024-06-27'],
  [/^google\/gemma-2-2b/i, '2024-07-31'],
  [/^google\/gemma-3-(1b|4b|12b|27b)/i, '2025-03-12'],
  [/^Qwen\/Qwen2\.5-\d/i, '2024-09-19'],
  [/^Qwen\/Qwen3-(0\.6B|1\.7B|4B|8B|14B|32B|30B-A3B|235B-A22B)(-Base)?$/i, '2025-04-29'],
  [/^mistralai\/Mistral-7B-(Instruct-)?v0\.1$/i, '2023-09-27'],
];

/**
 * Returns the day on which a model came out, `YYYY-MM-DD`: a date in its own name (`gpt-4o-2024-11-20`, `claude-3-5-sonnet-20241022`), or that of a
 * well-known series; null where the name does not tell.
 */
export function releasedOf(name: string): string | null {
  const dated = /(?:^|[-_@])(20\d{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?:$|[-_@:])/.exec(name);
  if (dated !== null) return `${dated[1]}-${dated[2]}-${dated[3]}`;
  return RELEASES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
