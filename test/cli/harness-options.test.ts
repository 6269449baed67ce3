import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MODEL_OPTIONS } from '../../src/backends/foreign-options.js';
import { harnessOptionHint, translateRun } from '../../src/cli/harness-options.js';
import { main } from '../../src/cli/main.js';
import { UserError } from '../../src/errors.js';
import { packagePath } from '../../src/package-files.js';

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      out += String(chunk);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      err += String(chunk);
      return true;
    }),
  ];
  try {
    return { code: await main(args), out, err };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** A command line as a shell would split it, without quotes. */
const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');
const ours = (line: string): string => translateRun(words(line)).argv.join(' ');
function refusal(line: string): string {
  try {
    return `understood: ${ours(line)}`;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** [what is typed, what it is here] */
const SAME: readonly (readonly [string, string])[] = [
  ['--num_fewshot 5', '--num-fewshot 5'],
  ['--num_fewshot=5', '--num-fewshot 5'],
  ['-f 5', '--num-fewshot 5'],
  ['--output_path out', '--out out'],
  ['--output_path=out', '--out out'],
  ['--system_instruction Lagundu', '--system-instruction Lagundu'],
  ['--apply_chat_template --fewshot_as_multiturn', '--prompt chat'],
  ['--fewshot_as_multiturn True --apply_chat_template True', '--prompt chat'],
  // Without it the harness puts all examples into one message.
  ['--apply_chat_template', '--prompt chat --no-multiturn'],
  ['--apply_chat_template --fewshot_as_multiturn False', '--prompt chat --no-multiturn'],
  ['--apply_chat_template False', ''],
  ['--include_path ./tasks', '--include-path ./tasks'],
  ['--gen_kwargs max_gen_toks=64', '--max-new-tokens 64'],
  ['--gen_kwargs temperature=0,do_sample=False,max_new_tokens=8', '--max-new-tokens 8'],
  ['--gen_kwargs do_sample=false', ''],
  ['--seed 42', '--fewshot-seeds 42'],
  ['--seed 0,1,2,7', '--fewshot-seeds 7'],
  ['--seed 1234', ''],
  ['--seed 0,None,None,1234', ''],
  ['--limit 10', '--limit 10'],
  ['--limit=10.0', '--limit 10'],
  ['-L 10', '--limit 10'],
  ['--batch_size auto:4', ''],
  ['--batch_size=8', ''],
  ['-b 8', ''],
  ['--max_batch_size 64', ''],
  ['--log_samples', ''],
  ['-s', ''],
  ['--use_cache cache.db', ''],
  ['--cache_requests true', ''],
  ['--show_config', ''],
  ['--trust_remote_code', ''],
  ['--trust_remote_code=True', ''],
  ['--confirm_run_unsafe_code', ''],
  ['--verbosity DEBUG', ''],
  ['--model hf --model_args pretrained=Org/Name', '--model Org/Name'],
  ['--model=huggingface --model_args=pretrained=Org/Name', '--model Org/Name'],
  ['-m hf-auto -a pretrained=Org/Name', '--model Org/Name'],
  ['--model_args pretrained=Org/Name', '--model Org/Name'],
  ['--model hf --model_args pretrained=Org/Name,revision=main', '--model Org/Name'],
  ['--model hf --model_args pretrained=Org/Name,revision=step10', '--model Org/Name@step10'],
  ['--model hf --model_args pretrained=X,dtype=torch.float32', '--model X --dtype float32'],
  ['--model hf --model_args pretrained=X,dtype=half,device=cuda:1', '--model X --dtype float16 --device cuda:1'],
  ['--model hf --model_args pretrained=X,max_length=2048,trust_remote_code=True', '--model X --max-length 2048'],
  ['--model hf --model_args pretrained=X,backend=causal,use_fast_tokenizer=True,parallelize=False', '--model X'],
  ['--model hf --model_args pretrained=X,attn_implementation=flash_attention_2,low_cpu_mem_usage=True', '--model X'],
  ['--model hf --model_args pretrained=X,add_bos_token=False,load_in_8bit=False,load_in_4bit=False', '--model X'],
  ['--model hf --model_args pretrained=X,think_end_token=</think>', '--model X --thinking </think>'],
  ['--model hf --model_args pretrained=X,device_map=auto', '--model X'],
  ['--model hf --model_args pretrained=X,device_map=cuda:1', '--model X --device cuda:1'],
  // Newer versions take spaces for commas.
  ['--model hf --model_args pretrained=X dtype=half --tasks eus', '--model X --dtype float16 --tasks eus'],
  ['--model_args=pretrained=X dtype=half,device=cpu', '--model X --dtype float16 --device cpu'],
  ['--gen_kwargs do_sample=False max_gen_toks=5', '--max-new-tokens 5'],
  ['--samples compact --tasks list_of_mine', '--samples compact --tasks list_of_mine'],
  [
    '--model local-chat-completions --model_args model=N,base_url=http://h/v1/chat/completions,num_concurrent=8,max_retries=1,tokenized_requests=False --apply_chat_template',
    '--model openai:N --base-url http://h/v1 --concurrency 8 --max-tries 1',
  ],
  ['--model vllm --model_args pretrained=X', '--model X --serve vllm'],
  ['--model sglang --model_args pretrained=X,max_model_len=4096', '--model X --serve sglang --max-length 4096'],
  [
    '--model vllm --model_args pretrained=X,tensor_parallel_size=2,dtype=auto,gpu_memory_utilization=0.8',
    '--model X --serve vllm --serve-args --tensor-parallel-size 2 --dtype auto --gpu-memory-utilization 0.8',
  ],
  [
    '--model local-completions --model_args model=N,base_url=http://127.0.0.1:8000/v1/completions,num_concurrent=4,max_retries=3,tokenizer=Org/T,tokenized_requests=False',
    '--model completions:N --base-url http://127.0.0.1:8000/v1 --concurrency 4 --max-tries 3 --tokenizer Org/T --prompts-as text',
  ],
  ['--model local-chat-completions --model_args model=N,base_url=http://h/v1/chat/completions', '--model openai:N --base-url http://h/v1'],
  ['--model openai-chat-completions --model_args model=gpt-4o --apply_chat_template', '--model openai:gpt-4o'],
  ['--model anthropic-chat --model_args model=claude', '--model anthropic:claude'],
  ['lm_eval --model hf --model_args pretrained=X', '--model X'],
  ['lm-eval run --num_fewshot 1', '--num-fewshot 1'],
  ['python3 -m lm_eval --num_fewshot 1', '--num-fewshot 1'],
];

/** [what is typed, what the one line says to write instead] */
const OTHERWISE: readonly (readonly [string, string])[] = [
  ['--num_fewshot', '--num_fewshot of lm-eval: a value is expected behind it'],
  ['--output_path out/results.json', 'results are a folder: --out DIR'],
  ['--check_integrity', 'use `eus-eval verify`'],
  ['--write_out', 'use `eus-eval show TASK` to see prompts'],
  ['--predict_only', 'answers are always scored'],
  ['--wandb_args project=x', 'use `eus-eval publish --format jsonl`'],
  ['--wandb_config_args a=b', 'use `eus-eval publish --format jsonl`'],
  ['--hf_hub_log_args a=b', 'use `eus-eval publish`'],
  ['--metadata {}', 'tasks take no arguments'],
  ['--fewshot_as_multiturn', 'goes with --apply_chat_template (--prompt chat)'],
  ['--apply_chat_template tool_use', "a model's own template is used"],
  ['--apply_chat_template --prompt plain', '--prompt says it already'],
  [
    '--gen_kwargs temperature=0.8',
    'temperature: sampling is said in a task file (generation_kwargs: do_sample, temperature, top_p, top_k, seed; docs/task-files.md)',
  ],
  ['--gen_kwargs top_p=0.9,max_gen_toks=3', 'top_p: sampling is said in a task file'],
  ['--gen_kwargs until=x', "until: what ends answers stands in the task's file"],
  ['--seed None', 'draws without a seed could not be repeated'],
  ['--seed 1,2', 'one seed or four are expected'],
  ['--limit 0.1', 'a share of the documents; give their number: --limit N'],
  ['--model hf', '--model hf of lm-eval needs --model_args pretrained=NAME; here it is --model NAME'],
  ['--model vllm', 'here it is --model NAME --serve vllm'],
  ['--model gguf --model_args base_url=http://h', 'a GGUF file is a model of its own: --model FILE.gguf'],
  ['--model dummy', '--model fake:1'],
  ['--model Org/Name --model_args dtype=float16', '--dtype, --max-length and --base-url are options'],
  ['--model nemo_lm --model_args path=x', 'the model is one word: --model FOLDER'],
  ['--model hf --model_args pretrained=X,peft=Org/Adapter', '--model Org/Adapter (its adapter_config.json names the base)'],
  ['--model hf --model_args pretrained=X,parallelize=True', '--serve vllm --serve-args "--tensor-parallel-size N"'],
  ['--model hf --model_args pretrained=X,device_map={"":0}', 'a model runs on one device'],
  ['--tasks list', '--tasks list of lm-eval: use `eus-eval list`'],
  ['-t list_groups', 'use `eus-eval list`'],
  ['--tasks=list', 'use `eus-eval list`'],
  ['--samples {"eus_trivia":[1,2,3]}', 'of lm-eval: documents cannot be chosen by index; --limit N'],
  ['--samples=docs.json', 'documents cannot be chosen by index'],
  ['--model local-chat-completions --model_args model=N,tokenized_requests=True', 'models with messages take texts only'],
  ['--model hf --model_args pretrained=X,load_in_4bit=True', 'weights are read as the files hold them'],
  ['--model hf --model_args pretrained=X,add_bos_token=True', 'prompts have no BOS'],
  ['--model hf --model_args pretrained=X,delta=Y', 'delta weights are not read'],
  ['--model hf --model_args pretrained=X,tokenizer=Y', "the tokenizer is the model folder's own"],
  ['--model hf --model_args pretrained=X,gguf_file=f.gguf', '--model f.gguf'],
  ['--model hf --model_args pretrained=X,subfolder=s', 'give the folder itself'],
  ['--model hf --model_args pretrained=X,backend=seq2seq', 'only decoders'],
  ['--model hf --model_args pretrained=X,wheels=4', 'wheels=4: nothing here is called so; valid: pretrained, revision, trust_remote_code'],
  ['--model vllm --model_args pretrained=X,data_parallel_size=4', '--model completions:NAME --base-url URL,URL'],
  ['--model hf --model_args X', '--model_args X: write NAME=VALUE,NAME=VALUE'],
];

describe('options of lm-eval that mean the same here', () => {
  it.each(SAME)('%s', (typed, here) => {
    expect(ours(`${typed} --tasks a`).replace('--tasks a', '').replace(/ +/g, ' ').trim()).toBe(here);
  });

  it.each(SAME)('%s: one line says what was understood', (typed) => {
    const { line } = translateRun(words(typed));
    if (/^(--limit|-L|--samples)/.test(typed)) expect(line).toBeNull();
    else expect(line).toMatch(/^understood: eus-eval run [^\n]*$/);
  });

  it('a line of our own is taken as it stands, without a word', () => {
    const line = words('--model ./hf --tasks a,b --limit 3 -p chat --out out --num-fewshot 2 --device cuda:0');
    expect(translateRun(line)).toEqual({ argv: [...line.slice(0, 4), ...line.slice(6), '--limit', '3'], line: null });
  });
});

describe('arguments of a model of lm-eval', () => {
  const USES: Readonly<Record<string, string>> = { completions: 'completions', openai: 'chat', anthropic: 'chat' };

  it.each(['hf', 'vllm', 'sglang', 'local-completions', 'local-chat-completions', 'anthropic-chat'])(
    '%s: become only options that such a model here does not refuse',
    (kind) => {
      const name = kind === 'hf' || kind === 'vllm' || kind === 'sglang' ? 'pretrained' : 'model';
      const line = `--model ${kind} --model_args ${name}=X`;
      const named = ours(line);
      const use = named.includes('--serve') ? 'served' : (USES[/--model (\w+):/.exec(named)?.[1] ?? ''] ?? 'local');
      const known = (/valid: (.*)$/.exec(refusal(`${line},oddity=1`))?.[1] ?? '').split(', ').slice(2);
      expect(known.length).toBeGreaterThan(5);
      for (const argument of known) {
        for (const value of ['1', 'False', 'none', 'auto']) {
          for (const flag of refusal(`${line},${argument}=${value}`).match(/(?<=^understood: .*)--[a-z-]+/g) ?? []) {
            const option = Object.values(MODEL_OPTIONS).find((one) => one.flag === flag);
            if (option !== undefined) expect(option.users, `${kind} ${argument}=${value}`).toContain(use);
          }
        }
      }
    },
  );
});

describe('options that mean something else', () => {
  it('are told before anything is said to be understood', async () => {
    const line = ['run', '--num_fewshot', '1', '--samples', 'all'];
    expect((await run(line)).err).toMatch(/^eus-eval: option '--samples <form>' argument 'all' is invalid[^\n]*\n$/);
  });

  it.each([
    [['--model', 'openai:x', '--prompts-as', 'text'], '--prompts-as has no effect on openai:'],
    [['--model', 'fake:1', '--device', 'cuda'], '--device has no effect on fake:'],
    [['--model', 'openai:x', '--base-url', 'http://a,http://b'], '--base-url: several addresses only go with completions:NAME'],
    [['--model', 'fake:1', '--serve', 'vllm'], '--serve vllm takes a folder'],
  ])('%j is refused by a dry run as by a run', async (typed, message) => {
    const line = ['run', ...typed, '--tasks', 'eus_trivia', '--data', packagePath('fixtures/data'), '--out', tmpdir(), '-q'];
    const [dry, wet] = [await run([...line, '--dry-run']), await run(line)];
    expect(dry.err).toContain(message);
    expect([dry.code, dry.err]).toEqual([2, wet.err]);
  });

  it('a model on this machine has no price', async () => {
    const model = packagePath('fixtures/models/tiny-llama');
    const line = ['run', '--tasks', 'eus_trivia', '--data', packagePath('fixtures/data'), '--limit', '2', '--dry-run', '-q', '--model'];
    const local = await run([...line, model, '--serve', 'vllm']);
    expect([local.code, local.out]).toEqual([0, expect.not.stringContaining('USD')]);
    expect((await run([...line, 'openai:nobody-knows'])).out).toMatch(/USD[\s\S]*no price known/);
  });

  it.each(OTHERWISE)('%s is one line that says what to write', (typed, instead) => {
    const line = refusal(typed);
    expect(line).toContain(instead);
    expect(line).not.toContain('\n');
  });

  it('have a hint for the other commands', async () => {
    const { code, err } = await run(['list', '--num_fewshot', '5']);
    expect([code, err]).toEqual([2, "eus-eval: unknown option '--num_fewshot' of lm-eval: use --num-fewshot N\n"]);
    for (const near of ['--num_fewshots', '--batch-size', '--batchsize', '--model-args', '--Log-Samples', '--gen-kwargs=x'])
      expect(harnessOptionHint(near), near).toMatch(/\w/);
    for (const [typed] of [...SAME, ...OTHERWISE]) {
      const [first = ''] = words(typed);
      if (/^--[a-z]+_/.test(first)) expect(harnessOptionHint(first), first).toMatch(/\w/);
    }
  });
});

describe('a line without its command', () => {
  it.each([
    [
      '--model hf --model_args pretrained=x --tasks a',
      '--model: the command is missing; write eus-eval run --model hf --model_args pretrained=x --tasks a',
    ],
    ['-m x', '-m: the command is missing; write eus-eval run -m x'],
    ['lm_eval --model hf', 'lm_eval: the command is missing; write eus-eval run lm_eval --model hf'],
    ['--batch_size=8 -m x', '--batch_size: the command is missing; write eus-eval run --batch_size=8 -m x'],
  ])('%s points to `run`', async (typed, message) => {
    expect(await run(words(typed))).toMatchObject({ code: 2, err: `eus-eval: ${message}\n` });
  });
});

describe('a whole line of the harness behind `eus-eval run`', () => {
  const model = packagePath('fixtures/models/tiny-llama');
  const out = mkdtempSync(path.join(tmpdir(), 'harness-'));
  const line = `--model hf --model_args pretrained=${model},dtype=float32 --tasks eus_trivia,arc_eu_easy --num_fewshot 2 --batch_size auto --output_path ${out} --log_samples --limit 2 --device cpu`;

  it("runs, and results say that the prompts are not the paper's", async () => {
    const { code, err } = await run(['run', ...words(line), '--data', packagePath('fixtures/data'), '-q']);
    expect([code, err.split('\n')[0]]).toEqual([
      0,
      `understood: eus-eval run --model ${model} --dtype float32 --tasks eus_trivia,arc_eu_easy --device cpu --data ${packagePath('fixtures/data')} -q --num-fewshot 2 --out ${out} --limit 2; ` +
        'nothing to do for --batch_size auto (batches are filled by tokens (--batch-tokens N), scores do not depend on them), --log_samples (samples are always written; --samples compact packs them, --no-samples writes none)',
    ]);
    // A folder of their own, so that they never lie among the paper's.
    const folder = path.join(out, 'tiny-llama__2-shot');
    const name = readdirSync(folder).find((one) => one.startsWith('results_')) ?? '';
    const results = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    expect(results['n-shot']).toEqual({ eus_trivia: 2, arc_eu_easy: 2 });
    expect(results.configs.eus_trivia.num_fewshot).toBe(2);
    expect(results.eus_eval.tasks.eus_trivia.prompts).toBe('differs');
    expect(results.eus_eval.remark).toContain("not to be compared with the paper's numbers");
  });

  it('with a chat template has chat prompts, examples as turns, in a folder of their own', async () => {
    const { code, err } = await run([
      'run',
      ...words(line),
      '--apply_chat_template',
      '--fewshot_as_multiturn',
      '--data',
      packagePath('fixtures/data'),
      '-q',
    ]);
    expect([code, err]).toEqual([0, expect.stringContaining('--prompt chat;')]);
    const folder = path.join(out, 'tiny-llama__chat__2-shot');
    const name = readdirSync(folder).find((one) => one.startsWith('results_')) ?? '';
    expect(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))).toMatchObject({
      fewshot_as_multiturn: true,
      eus_eval: { prompt: 'chat' },
    });
  });

  it('--include_path finds tasks of a folder by name, tag and wildcard, before those of the package', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'include-'));
    mkdirSync(path.join(folder, 'deep'));
    const task = (name: string) =>
      `task: ${name}\ntag: nire\ndataset_path: json\ndataset_kwargs: {data_files: {test: a.jsonl}}\ntest_split: test\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: 0\ndoc_to_choice: [a, b]\n`;
    writeFileSync(path.join(folder, 'one.yaml'), task('nire_bat'));
    writeFileSync(path.join(folder, 'deep', 'two.yaml'), task('nire_bi'));
    writeFileSync(path.join(folder, 'a.jsonl'), '{"q": "x"}\n');
    writeFileSync(path.join(folder, 'deep', 'a.jsonl'), '{"q": "y"}\n{"q": "z"}\n');
    for (const [tasks, found] of [
      ['nire_bat', ['nire_bat']],
      ['nire', ['nire_bat', 'nire_bi']],
      ['nire_*,piqa_eu', ['nire_bat', 'nire_bi', 'piqa_eu']],
    ] as const) {
      const { out: printed, code } = await run([
        'run',
        '--include_path',
        folder,
        '--tasks',
        tasks,
        '--model',
        'fake:1',
        '--data',
        packagePath('fixtures/data'),
        '--out',
        path.join(out, tasks.replace(/\W/g, '_')),
        '--limit',
        '2',
        '--json',
        '-q',
      ]);
      expect([code, Object.keys(JSON.parse(printed).results).sort()]).toEqual([0, [...found].sort()]);
    }
  });
});

describe('what else people type first', () => {
  it('any other option keeps the nearest name', async () => {
    expect((await run(['run', '--modell', 'x'])).err).toBe("eus-eval: unknown option '--modell' (Did you mean --model?)\n");
    expect((await run(['run', '--constructor', 'x'])).err).toBe("eus-eval: unknown option '--constructor'\n");
  });

  it('a model or a second task without its option', async () => {
    expect((await run(['run', './folder'])).err).toContain('The model stands after --model; several tasks are one word with commas');
  });
});
