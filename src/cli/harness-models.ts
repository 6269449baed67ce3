/** `--model` and `--model_args` of lm-eval in our own words. */
import { at } from '../at.js';

/** Our words for something of the harness's, what there is nothing to do about, or why it cannot be had. */
export interface Translation {
  readonly words: readonly string[];
  /** Options that need nothing here, each with the reason. */
  readonly nothing?: readonly string[];
}

/** What something of the harness becomes: words of ours, nothing for a reason, or a line that says what to write instead. */
export type Became =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'refused'; readonly instead: string };

export const words = (...all: readonly string[]): Became => ({ kind: 'words', words: all });
export const nothing = (why: string): Became => ({ kind: 'nothing', why });
export const refused = (instead: string): Became => ({ kind: 'refused', instead });

/** Arguments of a model by name. */
type Argument = (value: string) => Became;
type Arguments = Readonly<Record<string, Argument>>;

interface HarnessModel {
  /** Arguments of which one names the model. */
  readonly name: readonly string[];
  /** Our words for the model's name. */
  readonly model: (name: string, args: ReadonlyMap<string, string>) => readonly string[];
  readonly args: Arguments;
}

const NO_CODE = 'code from the hub is never run';
const BATCHES = 'batches are filled by tokens; scores do not depend on them';
const idle =
  (why: string): Argument =>
  () =>
    nothing(why);
const refuse =
  (instead: string): Argument =>
  () =>
    refused(instead);
/** An argument that asks for what is done anyway, or for something else. */
const only =
  (fine: RegExp, why: string, otherwise: string): Argument =>
  (value) =>
    fine.test(value) ? nothing(why) : refused(otherwise);
const OFF = /^(false|none|0)$/i;
const flag =
  (name: string): Argument =>
  (value) =>
    words(name, value);

const EVERYWHERE: Arguments = {
  trust_remote_code: idle(NO_CODE),
  batch_size: idle(BATCHES),
  max_batch_size: idle(BATCHES),
  max_gen_toks: flag('--max-new-tokens'),
  think_end_token: flag('--thinking'),
  enable_thinking: only(
    OFF,
    'the template decides',
    'chat templates are rendered with their own default; --thinking MARK says what ends a thought',
  ),
  chat_template_args: refuse('chat templates are rendered with their own defaults'),
};

const LOCAL: Arguments = {
  ...EVERYWHERE,
  dtype: (value) =>
    words(
      '--dtype',
      value
        .replace(/^torch\./, '')
        .replace(/^half$/, 'float16')
        .replace(/^float$/, 'float32'),
    ),
  device: flag('--device'),
  max_length: flag('--max-length'),
  backend: only(/^(causal|default)$/, 'decoders only', 'only decoders (causal models) are run'),
  use_fast_tokenizer: only(/^true$/i, 'tokenizer.json is read', 'only tokenizer.json is read'),
  attn_implementation: idle('the graph is our own; scores differ by rounding only'),
  low_cpu_mem_usage: idle('weights are mapped, not copied'),
  softmax_dtype: refuse('the softmax is in float32'),
  truncation: idle('prompts that are too long are cut on the left and counted'),
  logits_cache: idle('the context of a document is computed once'),
  add_bos_token: only(
    OFF,
    'no BOS is put before prompts',
    'prompts have no BOS (those of Gemma have one), and no option adds it; leave it out for the scores that the harness gives without it',
  ),
  parallelize: only(
    OFF,
    'one device',
    'a model runs on one device; --serve vllm --serve-args "--tensor-parallel-size N" spreads it over several',
  ),
  device_map: (value) => {
    if (/^(auto|balanced(_low_0)?|sequential)$/.test(value)) return nothing('a model runs on one device, the card where there is one');
    if (/^(cpu|cuda(:\d+)?)$/.test(value)) return words('--device', value);
    return refused('a model runs on one device: --device; --serve vllm --serve-args "--tensor-parallel-size N" spreads it over several');
  },
  peft: (value) => refused(`the folder of the adapter is the model: --model ${value} (its adapter_config.json names the base)`),
  delta: refuse('delta weights are not read; merge them into a model folder'),
  tokenizer: refuse("the tokenizer is the model folder's own"),
  load_in_8bit: only(OFF, 'as the files are', 'weights are read as the files hold them; give a folder that is quantized'),
  load_in_4bit: only(OFF, 'as the files are', 'weights are read as the files hold them; give a folder that is quantized'),
  autogptq: only(OFF, 'as the files are', 'a GPTQ folder is read as it is, without this'),
  gptqmodel: only(OFF, 'as the files are', 'a GPTQ folder is read as it is, without this'),
  gguf_file: (value) => refused(`a GGUF file is a model of its own: --model ${value}`),
  subfolder: refuse('give the folder itself: --model FOLDER'),
};

/** Arguments of an engine that is started here. */
const ENGINE: Arguments = {
  ...EVERYWHERE,
  dtype: (value) => words('--serve-args', `--dtype ${value}`),
  tensor_parallel_size: (value) => words('--serve-args', `--tensor-parallel-size ${value}`),
  gpu_memory_utilization: (value) => words('--serve-args', `--gpu-memory-utilization ${value}`),
  max_model_len: (value) => words('--max-length', value),
  max_length: (value) => words('--max-length', value),
  quantization: (value) => words('--serve-args', `--quantization ${value}`),
  seed: idle('the seed of drawn answers stands in the task file'),
  data_parallel_size: only(
    /^1$/,
    'one engine',
    'start the engines yourself and give their addresses: --model completions:NAME --base-url URL,URL',
  ),
};

const SERVER: Arguments = {
  ...EVERYWHERE,
  base_url: (value) => words('--base-url', value.replace(/\/(chat\/)?completions\/?$/, '')),
  num_concurrent: flag('--concurrency'),
  max_retries: flag('--max-tries'),
  timeout: flag('--timeout'),
  max_length: flag('--max-length'),
  verify_certificate: only(/^true$/i, 'certificates are always checked', 'certificates are always checked (NODE_EXTRA_CA_CERTS adds one)'),
  eos_string: idle('the server ends its answers'),
  tokenizer: flag('--tokenizer'),
  tokenizer_backend: only(
    /^(huggingface|none)$/i,
    '--tokenizer says it',
    'only tokenizers of Hugging Face: --tokenizer FOLDER or ORG/NAME',
  ),
  tokenized_requests: (value) => words('--prompts-as', OFF.test(value) ? 'text' : 'ids'),
  seed: idle('the seed of drawn answers stands in the task file'),
};

const MESSAGES = 'models with messages count and cut their tokens themselves';
/** Arguments of a server or API that is asked with messages. */
const CHAT: Arguments = {
  ...SERVER,
  max_length: idle(MESSAGES),
  tokenizer: idle(MESSAGES),
  tokenizer_backend: idle(MESSAGES),
  tokenized_requests: only(OFF, 'messages are texts', 'models with messages take texts only'),
};

const revised = (name: string, args: ReadonlyMap<string, string>): string => {
  const revision = args.get('revision');
  return revision === undefined || revision === 'main' ? name : `${name}@${revision}`;
};
const service = (backend: 'completions' | 'openai' | 'anthropic'): HarnessModel => ({
  name: ['model', 'pretrained'],
  model: (name) => ['--model', `${backend}:${name}`],
  args: backend === 'completions' ? SERVER : CHAT,
});
const HF: HarnessModel = { name: ['pretrained'], model: (name, args) => ['--model', revised(name, args)], args: LOCAL };
const engine = (name: string): HarnessModel => ({
  name: ['pretrained'],
  model: (model, args) => ['--model', revised(model, args), '--serve', name],
  args: ENGINE,
});

/** Kinds of models of the harness that are here, too. */
const HARNESS_MODELS: Readonly<Record<string, HarnessModel>> = {
  hf: HF,
  'hf-auto': HF,
  huggingface: HF,
  vllm: engine('vllm'),
  sglang: engine('sglang'),
  'local-completions': service('completions'),
  'local-chat-completions': service('openai'),
  'openai-chat-completions': service('openai'),
  'openai-completions': service('completions'),
  'anthropic-chat': service('anthropic'),
  'anthropic-chat-completions': service('anthropic'),
};

/** Kinds that are not, and what would do. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  gguf: 'a GGUF file is a model of its own: --model FILE.gguf --tokenizer ORG/NAME',
  ggml: 'a GGUF file is a model of its own: --model FILE.gguf --tokenizer ORG/NAME',
  dummy: 'answers drawn by chance: --model fake:1',
  'anthropic-completions': 'models with messages: --model anthropic:NAME',
  openvino: 'the model itself: --model ORG/NAME or FOLDER',
  ipex: 'the model itself: --model ORG/NAME or FOLDER',
};

/**
 * Tells whether a word is a kind of model of the harness.
 */
export function isHarnessModel(word: string): boolean {
  return Object.hasOwn(HARNESS_MODELS, word) || Object.hasOwn(ELSEWHERE, word);
}

/**
 * Returns our words for a kind of model and its arguments (`pretrained=NAME,dtype=float32`). Throws a text, through `fail`, naming ours where there is no
 * word for word translation.
 */
export function translateModel(kind: string, text: string, fail: (why: string) => never): Translation {
  const model = HARNESS_MODELS[kind];
  if (model === undefined) {
    const other = ELSEWHERE[kind];
    return fail(
      `--model ${kind} of lm-eval: ${other ?? `valid: ${Object.keys(HARNESS_MODELS).join(', ')}; or our own --model FOLDER, ORG/NAME or BACKEND:NAME`}`,
    );
  }
  const args = parseArguments(text, fail);
  const named = model.name.find((one) => args.has(one));
  if (named === undefined)
    return fail(
      `--model ${kind} of lm-eval needs --model_args ${model.name[0]}=NAME; here it is --model ${model.model('NAME', new Map()).slice(1).join(' ')}`,
    );
  const own = [...model.model(args.get(named) ?? '', args)];
  const engineWords: string[] = [];
  const idleArguments: string[] = [];
  for (const [name, value] of args) {
    if (name === named || name === 'revision') continue;
    const rule = model.args[name];
    if (rule === undefined)
      return fail(
        `--model_args ${name}=${value}: nothing here is called so; valid: ${[named, 'revision', ...Object.keys(model.args)].join(', ')}`,
      );
    const became = rule(value);
    if (became.kind === 'refused') return fail(`--model_args ${name}=${value}: ${became.instead}`);
    if (became.kind === 'nothing') idleArguments.push(`${name}=${value} (${became.why})`);
    else if (became.words[0] === '--serve-args') engineWords.push(at(became.words, 1));
    else own.push(...became.words);
  }
  if (engineWords.length > 0) own.push('--serve-args', engineWords.join(' '));
  return { words: own, nothing: idleArguments };
}

/** `a=b,c=d`; a comma inside a value belongs to it, as in the harness where no `=` follows. */
function parseArguments(text: string, fail: (why: string) => never): ReadonlyMap<string, string> {
  const args = new Map<string, string>();
  let last: string | null = null;
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) {
      last = part.slice(0, equals).trim();
      args.set(last, part.slice(equals + 1).trim());
    } else if (last !== null) args.set(last, `${args.get(last)},${part}`);
    else if (part.trim() !== '') return fail(`--model_args ${text}: write NAME=VALUE,NAME=VALUE`);
  }
  return args;
}
