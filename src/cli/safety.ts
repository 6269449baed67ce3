/** `eus-eval safety`: arguments and printing only. */

import { EXIT, InterruptedError } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import type { AddCommand } from './arguments.js';
import { list, numberBetween, wholeNumber } from './arguments.js';

interface AskFlags {
  model: string;
  out?: string;
  annotators?: readonly string[];
  maxNewTokens: number;
  baseUrl?: readonly string[];
  tokenizer?: string;
  apiKeyEnv?: string;
  concurrency?: number;
  maxCost?: number;
  device: string;
  dtype: string;
}

/**
 * Adds `safety` with `score` and `ask`.
 */
export const addSafety: AddCommand = (program, exit) => {
  const safety = program.command('safety').description('violation and false refusal rates from annotated answers');
  safety
    .command('score')
    .description('rates by majority with exact intervals, and the agreement of annotators')
    .argument(
      '<annotations>',
      'CSV with model, language, prompt_id, kind (unsafe, safe), category, annotator, label (safe, unsafe, refusal)',
    )
    .option('--confidence <share>', 'confidence level of the intervals', numberBetween(0.5, 0.9999), 0.95)
    .option('--json', 'print one JSON document', false)
    .action(async (file: string, flags: { confidence: number; json: boolean }) => {
      const [{ readAnnotations }, { safetyReport }, { reportText }] = await Promise.all([
        import('../safety/annotations.js'),
        import('../safety/rates.js'),
        import('../safety/report.js'),
      ]);
      const report = safetyReport(await readAnnotations(file), flags.confidence);
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, screenOf(process.stdout)));
    });
  safety
    .command('ask')
    .description("write a model's answers as a sheet to annotate")
    .argument('<prompts>', 'CSV with prompt_id, language, kind (unsafe, safe), category, prompt')
    .requiredOption('-m, --model <ref>', 'a folder, a hub name, or BACKEND:NAME')
    .option('-o, --out <file>', 'where the sheet goes (default: standard output); an interrupted command goes on when given again')
    .option('--annotators <names>', 'a row for each of these annotators and answer', list)
    .option('--max-new-tokens <n>', 'length of an answer at most', wholeNumber(1), 512)
    .option('--base-url <urls>', 'address(es) of an OpenAI-compatible server', list)
    .option('--tokenizer <ref>', "the model's tokenizer (folder or hub name), for completions")
    .option('--api-key-env <name>', 'environment variable that holds the key')
    .option('--concurrency <n>', 'requests in flight at most', wholeNumber(1))
    .option('--max-cost <usd>', 'stop before a paid API costs more', numberBetween(0, Number.POSITIVE_INFINITY))
    .option('--device <device>', 'auto, cpu, cuda[:N] or webgpu', 'auto')
    .option('--dtype <dtype>', 'auto, float32, float16, bfloat16', 'auto')
    .action(async (file: string, flags: AskFlags) => exit(await ask(file, flags)));
  return safety;
};

async function ask(file: string, flags: AskFlags): Promise<number> {
  const [
    { readPrompts },
    { askingForm, askPrompts },
    { keeperFor, readKept, refuseExisting, sheetOf, writeSheet },
    { DEFAULT_OPEN_OPTIONS, openBackend },
  ] = await Promise.all([
    import('../safety/prompts.js'),
    import('../safety/ask.js'),
    import('../safety/sheet.js'),
    import('../backends/open.js'),
  ]);
  const prompts = await readPrompts(file);
  const { out } = flags;
  if (out !== undefined) refuseExisting(out);
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const backend = await openBackend(flags.model, {
    ...DEFAULT_OPEN_OPTIONS,
    device: flags.device,
    dtype: flags.dtype,
    baseUrls: flags.baseUrl ?? [],
    tokenizer: flags.tokenizer ?? null,
    apiKeyEnv: flags.apiKeyEnv ?? null,
    concurrency: flags.concurrency ?? null,
    maxCostUsd: flags.maxCost ?? null,
    onProgress: say,
  });
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    if (askingForm(backend) === 'plain text')
      say('warning: this model has no chat template; the prompts are given as plain text, which it may just continue');
    const kept = out === undefined ? new Map() : readKept(out);
    const asked = await askPrompts(backend, prompts, flags.maxNewTokens, stop.signal, kept, out === undefined ? () => {} : keeperFor(out));
    if (stop.signal.aborted && asked.length < prompts.length) {
      throw new InterruptedError(
        `interrupted after ${asked.length} of ${prompts.length} prompts${out === undefined ? '' : '; the same command goes on from here'}`,
      );
    }
    const failed = asked.flatMap((one) => ('failure' in one ? [one] : []));
    for (const { prompt, failure } of failed) say(`failed: ${prompt.promptId} (${prompt.language}): ${failure}`);
    if (failed.length > 0 && out !== undefined) {
      say(
        `${failed.length} of ${prompts.length} prompts failed; no sheet is written, the other answers are kept and the same command asks only these again`,
      );
      return EXIT.cannotJudge;
    }
    const sheet = sheetOf(backend.modelName, asked, flags.annotators ?? []);
    if (out === undefined) process.stdout.write(sheet);
    else {
      await writeSheet(out, sheet);
      say(`${out}: ${asked.length} answers to annotate`);
    }
    return failed.length > 0 ? EXIT.cannotJudge : EXIT.ok;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await backend.close();
  }
}
