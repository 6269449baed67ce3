import { MissingDataError, messageOf, UserError } from '../errors.js';
import type { ChatRenderer, DataSource, PromptFamily, Task } from '../types.js';
import { hasApiForm } from './api.js';
import { evaluatedSplit, TooFewDocumentsError } from './fewshot.js';
import { promptStatus, recordedFingerprint, taskHasher } from './fingerprint.js';
import { countDocuments, prepareDocs } from './prepare.js';

export type VerifyStatus = 'match' | 'differs' | 'no record' | 'no data';

/** One line of `eus-eval verify`; the names are those of its JSON. */
export interface Verification {
  readonly task: string;
  readonly prompt: PromptFamily;
  readonly status: VerifyStatus;
  /** Recorded fingerprint, null where there is none. */
  readonly expected: string | null;
  /** Rebuilt fingerprint, null without data and with too few documents to draw the examples from. */
  readonly actual: string | null;
  readonly documents: number | null;
  readonly documents_expected: number | null;
  /** Why it differs or could not be rebuilt, in a few words; empty for a match. */
  readonly detail: string;
}

export interface VerifyOptions {
  readonly family: PromptFamily;
  readonly renderChat: ChatRenderer | null;
  /** Whether the model's template is the one of the recorded prompts; only looked at in the family `chat`. */
  readonly sameTemplate: boolean;
  /** Every failure to open a split counts as missing data (the hub: absent, gated, offline), not only an absent file. */
  readonly anyFailureIsMissing: boolean;
}

/** Missing data, apart from faults inside data that are there. */
class NoData extends UserError {}

/**
 * Returns how a task's rebuilt fingerprint compares with the recorded one. Throws `UserError` for broken data or task files.
 */
export async function verifyTask(task: Task, source: DataSource, options: VerifyOptions): Promise<Verification> {
  const { family, renderChat } = options;
  const expected = recordedFingerprint(task, family);
  const line = { task: task.name, prompt: family, expected, documents_expected: task.meta.documents };
  if (family === 'api' && !hasApiForm(task)) {
    const detail = 'its choices are no letters, so it is not asked of API models';
    return { ...line, status: 'no record', actual: null, documents: null, detail };
  }
  const hasher = taskHasher(task.filters.length);
  try {
    for await (const doc of prepareDocs(task, guarded(source, options.anyFailureIsMissing), { family, renderChat })) hasher.add(doc);
  } catch (error) {
    if (error instanceof NoData) return { ...line, status: 'no data', actual: null, documents: null, detail: error.message };
    if (error instanceof TooFewDocumentsError && line.expected !== null) {
      const documents = await countDocuments(task, source);
      return { ...line, status: 'differs', actual: null, documents, detail: `${explain(task, documents, options)} (${error.message})` };
    }
    throw error;
  }
  const actual = hasher.digest();
  const status = promptStatus(task, family, actual);
  return {
    ...line,
    status,
    actual,
    documents: hasher.documents,
    detail: status === 'differs' ? explain(task, hasher.documents, options) : '',
  };
}

/** The source, with failures that mean "not there" made recognisable. */
function guarded(source: DataSource, any: boolean): DataSource {
  return {
    description: source.description,
    async *split(datasetPath, datasetName, split, files) {
      let rows = 0;
      try {
        for await (const row of source.split(datasetPath, datasetName, split, files)) {
          rows++;
          yield row;
        }
      } catch (error) {
        if (rows === 0 && (error instanceof MissingDataError || (any && error instanceof UserError))) throw new NoData(messageOf(error));
        throw error;
      }
    },
  };
}

function explain(task: Task, found: number, { family, sameTemplate }: VerifyOptions): string {
  const wanted = task.meta.documents;
  const where = `${task.datasetPath}, ${task.datasetName}/${evaluatedSplit(task)}`;
  if (family === 'chat' && !sameTemplate) return "the recorded prompts are in Llama 3.1's chat template, this model has another";
  if (wanted !== null && found !== wanted) return `${found} documents, should be ${wanted}: ${where} is incomplete or of another revision`;
  return `${found} documents, as it should be, but their contents or order differ: ${where} (or its few-shot split) is of another revision`;
}
