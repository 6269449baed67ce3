/** `eus-eval safety`: arguments and printing only. */

import { EXIT } from '../errors.js';
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
      const { scoreSafety } = await import('../library/safety.js');
      const { reportText } = await import('../safety/report.js');
      const report = await scoreSafety(file, flags.confidence);
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

async function ask(file: string, { model, annotators, baseUrl, ...flags }: AskFlags): Promise<number> {
  const { askSafety } = await import('../library/safety.js');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { sheet, failed } = await askSafety({
      prompts: file,
      model,
      out: flags.out,
      maxNewTokens: flags.maxNewTokens,
      annotators,
      modelOptions: {
        device: flags.device,
        dtype: flags.dtype,
        baseUrls: baseUrl,
        tokenizer: flags.tokenizer,
        apiKeyEnv: flags.apiKeyEnv,
        concurrency: flags.concurrency,
        maxCostUsd: flags.maxCost,
      },
      signal: stop.signal,
      say,
    });
    if (sheet !== null && flags.out === undefined) process.stdout.write(sheet);
    return failed > 0 ? EXIT.cannotJudge : EXIT.ok;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
