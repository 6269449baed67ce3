/** What options of lm-eval are called here: whoever comes from the Python harness types them first. */
const HARNESS_OPTIONS: Readonly<Record<string, string>> = {
  model_args:
    'the model is one word: --model FOLDER, ORG/NAME[@REVISION] or BACKEND:NAME; --dtype, --max-length and --base-url are options',
  num_fewshot: 'shots belong to the task: a task file with include: and num_fewshot: (docs/task-files.md) changes them',
  batch_size: 'batches are filled by tokens: --batch-tokens N',
  max_batch_size: 'batches are filled by tokens: --batch-tokens N',
  output_path: 'use --out DIR',
  log_samples: 'samples are always written; --samples compact packs them, --no-samples writes none',
  use_cache: 'answers are always kept and used again; --fresh forgets them, --no-journal keeps none',
  cache_requests: 'answers are always kept and used again; --fresh forgets them, --no-journal keeps none',
  write_out: 'use `eus-eval show TASK` to see prompts',
  check_integrity: 'use `eus-eval verify`',
  system_instruction: 'use --system-instruction TEXT',
  apply_chat_template: 'use --prompt chat',
  fewshot_as_multiturn: 'chat prompts have a message for each example unless --no-multiturn is given',
  include_path: 'give the task file itself: --tasks FILE.yaml',
  gen_kwargs: 'generation_kwargs belong to the task (docs/task-files.md); --max-new-tokens N changes the length of answers',
  seed: 'seeds belong to the tasks, so that every run draws the same examples',
  trust_remote_code: 'code from the hub is never run',
};

/**
 * Returns what to use instead of an option of lm-eval (`--num_fewshot`, also as `--num_fewshot=5`), or null for any other word.
 */
export function harnessOptionHint(option: string): string | null {
  const name = /^--([a-z_]+)(?:=|$)/s.exec(option)?.[1] ?? '';
  return Object.hasOwn(HARNESS_OPTIONS, name) ? (HARNESS_OPTIONS[name] ?? null) : null;
}
