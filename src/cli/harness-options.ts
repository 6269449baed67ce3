/**
 * Options of lm-eval on our command line: whoever comes from the Python harness types them first. What means the same here is taken, and said once; anything
 * else is one line that names ours. One table, one row an option.
 */
import { existsSync } from 'node:fs';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { type Became, isHarnessModel, nothing, refused, type Translation, translateModel, words } from './harness-models.js';
import { quoted } from './print.js';

type Rule = (value: string, given: Given) => Became;

interface Row {
  readonly names: readonly string[];
  /** Whether a value follows; `values`: NAME=VALUE, and as many more of them as stand behind it, which newer versions take for commas. */
  readonly takes: 'nothing' | 'value' | 'value or nothing' | 'values';
  readonly rule: Rule;
  /** What to say where the option does not belong. */
  readonly hint: string;
}

/** What stands on the command line: options of the harness with their values, and our own words. */
interface Given {
  readonly harness: ReadonlyMap<string, string>;
  readonly own: readonly string[];
  /** True for a model that is asked with messages. */
  readonly api: boolean;
}

/** `hint` alone: it is what to write instead. */
function row(names: string, takes: Row['takes'], hint: string, rule: Rule = () => refused(hint)): Row {
  return { names: names.split(' '), takes, hint, rule };
}

/** An option that asks for what is done anyway. */
function idle(names: string, takes: Row['takes'], hint: string): Row {
  return row(names, takes, hint, () => nothing(hint));
}

/** An option of another name. */
function renamed(names: string, ours: string, hint: string): Row {
  return row(names, 'value', hint, (value) => words(ours, value));
}

const isOn = (value: string): boolean => !/^(false|0|none)$/i.test(value);
const BATCHES = 'batches are filled by tokens (--batch-tokens N), scores do not depend on them';
const KEPT = 'answers are always kept and used again; --fresh forgets them, --no-journal keeps none';
const TRACKERS = 'use `eus-eval publish --format jsonl` (docs/publish.md)';

const TABLE: readonly Row[] = [
  renamed('--num_fewshot -f', '--num-fewshot', 'use --num-fewshot N'),
  idle('--batch_size -b', 'value', BATCHES),
  idle('--max_batch_size', 'value', BATCHES),
  row('--output_path', 'value', 'use --out DIR', (value) =>
    /\.jsonl?$/.test(value) ? refused('results are a folder: --out DIR') : words('--out', value),
  ),
  idle('--log_samples -s', 'nothing', 'samples are always written; --samples compact packs them, --no-samples writes none'),
  idle('--use_cache -c', 'value', KEPT),
  idle('--cache_requests', 'value or nothing', KEPT),
  row('--check_integrity', 'nothing', 'use `eus-eval verify`'),
  row('--write_out -w', 'nothing', 'use `eus-eval show TASK` to see prompts'),
  idle('--show_config', 'nothing', 'the results file has the configuration of every task'),
  renamed('--system_instruction', '--system-instruction', 'use --system-instruction TEXT'),
  row('--apply_chat_template', 'value or nothing', 'use --prompt chat', chatWords),
  row(
    '--fewshot_as_multiturn',
    'value or nothing',
    'chat prompts have a message for each example unless --no-multiturn is given',
    turnWords,
  ),
  renamed('--include_path', '--include-path', 'use --include-path DIR, or give the task file itself: --tasks FILE.yaml'),
  row(
    '--gen_kwargs',
    'values',
    'generation_kwargs belong to the task (docs/task-files.md); --max-new-tokens N changes the length of answers',
    generationWords,
  ),
  row('--seed', 'value', 'use --fewshot-seeds N: only the draws of examples depend on a seed', seedWords),
  row('--limit -L', 'value', 'use --limit N', limitWords),
  idle('--trust_remote_code', 'value or nothing', 'code from the hub is never run'),
  idle('--confirm_run_unsafe_code', 'nothing', 'generated code is never run'),
  row('--predict_only -x', 'nothing', 'answers are always scored; samples hold them as they came'),
  idle('--verbosity -v', 'value', 'progress goes to standard error; -q for none'),
  row('--wandb_args', 'value', TRACKERS),
  row('--wandb_config_args', 'value', TRACKERS),
  row('--hf_hub_log_args', 'value', 'use `eus-eval publish` (docs/publish.md)'),
  row('--metadata', 'value', 'tasks take no arguments; write a task file (docs/task-files.md)'),
];
const MODEL_ARGS = row(
  '--model_args -a',
  'values',
  'the model is one word: --model FOLDER, ORG/NAME[@REVISION] or BACKEND:NAME; --dtype, --max-length and --base-url are options',
);
const ROWS = new Map([...TABLE, MODEL_ARGS].flatMap((one) => one.names.map((name) => [name, one] as const)));

/** Names without what is easily mistyped: `--batch-size` and `--batchsize` are `--batch_size`. */
const bare = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');
const BARE = new Map([...ROWS].flatMap(([name, { hint }]) => (name.startsWith('--') ? [[bare(name), hint] as const] : [])));

/**
 * Returns what to use instead of an option of lm-eval (`--num_fewshot`, also as `--num_fewshot=5` or `--num-fewshots`), or null for any other word.
 */
export function harnessOptionHint(option: string): string | null {
  const name = /^--[A-Za-z_-]+(?==|$)/s.exec(option)?.[0] ?? '';
  return BARE.get(bare(name)) ?? BARE.get(bare(name).replace(/s$/, '')) ?? null;
}

/** A command line in our own words. */
export interface Understood {
  readonly argv: readonly string[];
  /** One line that says what was understood; null where nothing was translated. */
  readonly line: string | null;
}

/**
 * Returns the arguments of `run` with the harness's options in our own words. Throws `UserError` with one line that says what to write where one of them means something else here.
 */
export function translateRun(argv: readonly string[]): Understood {
  const { own, harness, order } = sortOut(withoutProgram(argv));
  refuseOtherMeanings(own);
  const model = modelWords(own, harness);
  if (order.length === 0 && model === null) return { argv, line: null };
  const known = model === null ? own : [...model.words, ...model.own];
  const given: Given = { harness, own: known, api: known.some((word) => /^(openai|anthropic):/.test(word)) };
  const translated: string[] = [];
  const idles: string[] = [...(model?.nothing ?? [])];
  for (const name of order) {
    const found = ROWS.get(name);
    if (found === undefined || found === MODEL_ARGS) continue;
    const value = harness.get(name) ?? '';
    const said = value === '' ? name : `${name} ${value}`;
    const became = found.rule(value, given);
    if (became.kind === 'refused') fail(`${said} of lm-eval: ${became.instead}`);
    if (became.kind === 'words') translated.push(...became.words);
    if (became.kind === 'nothing') idles.push(`${said} (${became.why})`);
  }
  const all = [...known, ...translated];
  // An option that is ours, too, and means the same is nothing to talk about.
  if (model === null && order.every((name) => name === '--limit')) return { argv: all, line: null };
  const rest = idles.length === 0 ? '' : `; nothing to do for ${idles.join(', ')}`;
  return { argv: all, line: `understood: eus-eval run ${all.map(quoted).join(' ')}${rest}` };
}

function fail(why: string): never {
  throw new UserError(why);
}

/** `eus-eval run lm_eval --model ...`: the whole line was pasted. */
function withoutProgram(argv: readonly string[]): readonly string[] {
  const [first = '', second, third] = argv;
  const module = /^python(\d(\.\d+)?)?$/.test(first) && second === '-m' && /^lm[_-]eval$/.test(third ?? '');
  const rest = module ? argv.slice(3) : /^lm[_-]eval$/.test(first) ? argv.slice(1) : argv;
  return rest !== argv && rest[0] === 'run' ? rest.slice(1) : rest;
}

/** Values of options that are called the same here, and that mean something else to the harness. */
const OTHER_MEANINGS: readonly { readonly options: readonly string[]; readonly value: RegExp; readonly instead: string }[] = [
  { options: ['--tasks', '-t'], value: /^list(_groups|_subtasks|_tags)?$/, instead: 'use `eus-eval list`' },
  {
    options: ['--samples'],
    value: /^\s*\{|\.json$/,
    instead:
      'documents cannot be chosen by index; --limit N takes the first ones of each task, --shard I/N a part of all. Here --samples is full or compact',
  },
];

function refuseOtherMeanings(own: readonly string[]): void {
  for (const { options, value, instead } of OTHER_MEANINGS) {
    for (const [i, word] of own.entries()) {
      const joined = options.find((option) => word.startsWith(`${option}=`));
      const said = joined !== undefined ? word.slice(joined.length + 1) : options.includes(word) ? own[i + 1] : undefined;
      if (said !== undefined && value.test(said)) fail(`${joined ?? word} ${said} of lm-eval: ${instead}`);
    }
  }
}

/** Parts the harness's options, with their values, from our own words. */
function sortOut(argv: readonly string[]): { own: readonly string[]; harness: ReadonlyMap<string, string>; order: readonly string[] } {
  const own: string[] = [];
  const harness = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const word = at(argv, i);
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const found = ROWS.get(equals < 0 ? word : word.slice(0, equals));
    if (found === undefined) {
      own.push(word);
      continue;
    }
    const name = found.names[0] ?? word;
    const next = argv[i + 1];
    const follows =
      equals < 0 && next !== undefined && found.takes !== 'nothing' && (found.takes !== 'value or nothing' || !next.startsWith('-'));
    if (equals < 0 && !follows && (found.takes === 'value' || found.takes === 'values'))
      fail(`${word} of lm-eval: a value is expected behind it`);
    if (follows) i++;
    const value = equals >= 0 ? word.slice(equals + 1) : follows ? next : '';
    const more: string[] = [];
    while (found.takes === 'values') {
      const further = argv[i + 1];
      if (further === undefined || !/^[A-Za-z_]\w*=/.test(further)) break;
      more.push(further);
      i++;
    }
    harness.set(name, [value, ...more].join(','));
  }
  return { own, harness, order: [...harness.keys()] };
}

/** `--model hf --model_args pretrained=NAME`, with our own words without them; null where the model is named in our way. */
function modelWords(
  own: readonly string[],
  harness: ReadonlyMap<string, string>,
): (Translation & { readonly own: readonly string[] }) | null {
  const place = own.findIndex((word) => word === '--model' || word === '-m' || word.startsWith('--model='));
  const args = harness.get('--model_args');
  // The harness's own default.
  if (place < 0) return args === undefined ? null : { ...translateModel('hf', args, fail), own };
  const first = at(own, place);
  const joined = first.includes('=');
  const kind = joined ? first.slice(first.indexOf('=') + 1) : (own[place + 1] ?? '');
  if (args === undefined && (!isHarnessModel(kind) || existsSync(kind))) return null;
  if (args !== undefined && !isHarnessModel(kind)) fail(`--model_args of lm-eval: with --model ${kind} ${MODEL_ARGS.hint}`);
  return { ...translateModel(kind, args ?? '', fail), own: [...own.slice(0, place), ...own.slice(place + (joined ? 1 : 2))] };
}

function chatWords(value: string, { harness, own, api }: Given): Became {
  if (value !== '' && !isOn(value)) return nothing('plain prompts are the default');
  if (value !== '' && !/^true$/i.test(value)) return refused("a model's own template is used; --prompt chat");
  if (api) return nothing('models behind an API are asked with messages');
  if (own.includes('--prompt') || own.includes('-p')) return refused('--prompt says it already');
  const turns = harness.get('--fewshot_as_multiturn');
  // Without the option the harness 0.4.8 puts all examples into one message.
  return turns !== undefined && isOn(turns) ? words('--prompt', 'chat') : words('--prompt', 'chat', '--no-multiturn');
}

function turnWords(value: string, { harness }: Given): Became {
  if (harness.has('--apply_chat_template')) return nothing('said by --prompt chat');
  return isOn(value) ? refused('goes with --apply_chat_template (--prompt chat)') : nothing('plain prompts have no turns');
}

/** What `generation_kwargs` of a task file can say of the draws, and `min_p`, which only a model's own configuration says. */
const SAMPLING: ReadonlySet<string> = new Set(['do_sample', 'temperature', 'top_p', 'top_k', 'seed', 'min_p']);

function generationWords(text: string): Became {
  const found: string[] = [];
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=').map((side) => side.trim());
    if (/^max_(gen_toks|new_tokens|tokens)$/.test(name)) found.push('--max-new-tokens', value);
    else if ((name === 'do_sample' && /^false$/i.test(value)) || (name === 'temperature' && Number(value) === 0 && value !== '')) continue;
    else if (SAMPLING.has(name))
      return refused(
        `${name}: sampling is said in a task file (generation_kwargs: do_sample, temperature, top_p, top_k, seed; docs/task-files.md), answers are greedy without it`,
      );
    else
      return refused(`${name}: what ends answers stands in the task's file (docs/task-files.md); --max-new-tokens N changes their length`);
  }
  return found.length === 0 ? nothing('answers are greedy unless the task file says otherwise') : words(...found);
}

/** The last of the four seeds is that of the draws; the others change nothing here. */
function seedWords(text: string): Became {
  const seeds = text.split(',').map((one) => one.trim());
  if (seeds.length !== 1 && seeds.length !== 4) return refused('one seed or four are expected');
  const seed = at(seeds, seeds.length - 1);
  if (!/^\d+$/.test(seed))
    return refused('draws without a seed could not be repeated; --fewshot-seeds 1..5 gives mean and spread over several');
  return seed === '1234' ? nothing('examples are drawn with 1234 anyway') : words('--fewshot-seeds', seed);
}

/** A number below 1 is a share there; a whole number may have a point. */
function limitWords(value: string): Became {
  const limit = Number(value);
  if (value.trim() !== '' && limit > 0 && limit < 1) return refused('a share of the documents; give their number: --limit N');
  return words('--limit', Number.isInteger(limit) && value.includes('.') ? String(limit) : value);
}
