/** `eus-eval publish`: arguments and printing only. */
import { UserError } from '../errors.js';
import type { PublishOptions } from '../library/publish.js';
import { type AddCommand, folderName, list, oneOf, someOf } from './arguments.js';
import { note, print } from './print.js';

const FORMATS = ['eee', 'hub', 'jsonl'] as const;
const RELATIONSHIPS = ['first_party', 'third_party', 'collaborative', 'other'] as const;

interface PublishFlags extends Pick<PublishOptions, 'modelId' | 'organization' | 'relationship'> {
  out: string;
  format?: PublishOptions['formats'];
  samples: boolean;
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
    .option('--format <names>', 'eee (Every Eval Ever records), hub (.eval_results/*.yaml), jsonl (default: eee,hub)', someOf(FORMATS))
    .option('--no-samples', 'records without the samples')
    .option('--model-id <name>', 'what the model is called there, ORG/NAME (default: as in the results)')
    .option('--organization <name>', 'who publishes the records')
    .option('--relationship <word>', `the publisher's relation to the model: ${RELATIONSHIPS.join(', ')}`, oneOf(RELATIONSHIPS))
    .option('--source-url <url>', "a page that the hub's entries point to, with --source-name")
    .option('--source-name <name>', 'its name')
    .option('--task-ids <list>', "tasks as the hub's benchmarks call them: TASK=ID,TASK=ID", list)
    .action(async (dirs: readonly string[], flags: PublishFlags) => {
      const { publish } = await import('../library/publish.js');
      const { out, format, samples, modelId, organization, relationship, sourceUrl: url, sourceName: name, taskIds = [] } = flags;
      if (name !== undefined && url === undefined)
        throw new UserError('--source-name needs --source-url: the hub takes no source without its address');
      const { notes, files } = await publish({
        results: dirs,
        out,
        formats: format,
        samples,
        modelId,
        organization,
        relationship,
        source: url === undefined ? undefined : { url, name },
        taskIds: Object.fromEntries(taskIds.map(pairOf)),
      });
      for (const one of notes) note(`note: ${one}`);
      print(files.join('\n'));
    });

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) throw new UserError(`--task-ids '${text}': write TASK=ID`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
