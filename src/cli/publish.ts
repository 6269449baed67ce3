/** `eus-eval publish`: arguments and printing only. */
import { InvalidArgumentError } from 'commander';
import { UserError } from '../errors.js';
import type { PublishOptions } from '../publish/publish.js';
import type { AddCommand } from './arguments.js';
import { folderName, list } from './arguments.js';

const FORMATS = ['eee', 'hub', 'jsonl'] as const;
const RELATIONSHIPS = ['first_party', 'third_party', 'collaborative', 'other'] as const;

interface PublishFlags {
  out: string;
  format?: readonly string[];
  samples: boolean;
  modelId?: string;
  organization?: string;
  relationship?: PublishOptions['publisher']['relationship'];
  sourceUrl?: string;
  sourceName?: string;
  taskIds?: readonly string[];
}

/**
 * Adds `publish`.
 */
export const addPublish: AddCommand = (program) =>
  program
    .command('publish')
    .description('write results as Every Eval Ever, the hub and trackers read them; nothing is sent')
    .argument('<dirs...>', 'folders of result files, searched recursively')
    .option('-o, --out <dir>', 'where they go', folderName, 'published')
    .option('--format <names>', 'eee (Every Eval Ever records), hub (.eval_results/*.yaml), jsonl (default: eee,hub)', list)
    .option('--no-samples', 'records without the samples')
    .option('--model-id <name>', 'what the model is called there, ORG/NAME (default: as in the results)')
    .option('--organization <name>', 'who publishes the records')
    .option('--relationship <word>', `the publisher's relation to the model: ${RELATIONSHIPS.join(', ')}`, relationshipOf)
    .option('--source-url <url>', "a page that the hub's entries point to, with --source-name")
    .option('--source-name <name>', 'its name')
    .option('--task-ids <list>', "tasks as the hub's benchmarks call them: TASK=ID,TASK=ID", list)
    .action(async (dirs: readonly string[], flags: PublishFlags) => {
      const { publishResults } = await import('../publish/publish.js');
      const formats = FORMATS.filter((one) => (flags.format ?? ['eee', 'hub']).includes(one));
      const unknown = flags.format?.find((one) => !FORMATS.some((format) => format === one));
      if (unknown !== undefined) throw new UserError(`--format ${unknown}: unknown; valid: ${FORMATS.join(', ')}`);
      if (flags.sourceName !== undefined && flags.sourceUrl === undefined)
        throw new UserError('--source-name needs --source-url: the hub takes no source without its address');
      const published = await publishResults({
        dirs,
        out: flags.out,
        formats,
        samples: flags.samples,
        modelId: flags.modelId ?? null,
        publisher: { organization: flags.organization ?? null, relationship: flags.relationship ?? null },
        source: flags.sourceUrl === undefined ? null : { url: flags.sourceUrl, name: flags.sourceName ?? null },
        taskIds: new Map((flags.taskIds ?? []).map(pairOf)),
        now: Date.now,
      });
      for (const note of published.notes) process.stderr.write(`note: ${note}\n`);
      process.stdout.write(`${published.files.join('\n')}\n`);
    });

function relationshipOf(text: string): (typeof RELATIONSHIPS)[number] {
  const found = RELATIONSHIPS.find((one) => one === text);
  if (found === undefined) throw new InvalidArgumentError(`Valid: ${RELATIONSHIPS.join(', ')}.`);
  return found;
}

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) throw new UserError(`--task-ids '${text}': write TASK=ID`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
