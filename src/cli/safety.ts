/** `eus-eval safety`: arguments and printing only. */

import { EXIT } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import { type AddCommand, list, numberBetween, wholeNumber } from './arguments.js';
import { interruptible } from './interrupt.js';
import { MODEL_OPTION, type ModelFlags, modelOptionsOf } from './model-flags.js';
import { note } from './print.js';

interface AskFlags extends ModelFlags {
  model: string;
  out?: string;
  annotators?: readonly string[];
  maxNewTokens: number;
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
    .option(...MODEL_OPTION.baseUrl)
    .option(...MODEL_OPTION.tokenizer)
    .option(...MODEL_OPTION.apiKeyEnv)
    .option(...MODEL_OPTION.concurrency)
    .option(...MODEL_OPTION.maxCost)
    .option(...MODEL_OPTION.device)
    .option(...MODEL_OPTION.dtype)
    .action(async (file: string, flags: AskFlags) =>
      exit(await interruptible(flags.out !== undefined, (signal) => ask(file, flags, signal))),
    );
  return safety;
};

async function ask(prompts: string, { maxNewTokens, ...flags }: AskFlags, signal: AbortSignal): Promise<number> {
  const { askSafety } = await import('../library/safety.js');
  const { model, out, annotators } = flags;
  const { sheet, failed } = await askSafety({
    prompts,
    model,
    out,
    maxNewTokens,
    annotators,
    modelOptions: modelOptionsOf(flags),
    signal,
    say: note,
  });
  if (sheet !== null && out === undefined) process.stdout.write(sheet);
  return failed > 0 ? EXIT.cannotJudge : EXIT.ok;
}
