/** The documents of one task for a run, counted and fingerprinted while they stream by. */
import { promptStatus, recordedFingerprints, taskHasher } from '../prompts/fingerprint.js';
import { countDocuments, prepareDocs } from '../prompts/prepare.js';
import type { PromptOrigin } from '../results/outcome.js';
import { isVaried } from '../tasks/vary.js';
import type { DataSource, PreparedDoc, Task } from '../types.js';
import { type RunPlan, shareOf } from './plan.js';

export interface PreparedTask {
  /** Documents of the whole split. */
  readonly original: number;
  /** Documents that this run evaluates. */
  readonly count: number;
  readonly documents: AsyncIterable<PreparedDoc>;
  /** Fingerprint of the documents so far. */
  taskHash(): string;
  /** Whether the prompts are the paper's; to be asked when all documents have gone by. */
  promptStatus(): PromptOrigin;
}

/**
 * Opens the documents of a task. Throws `UserError` when its data cannot be read or do not fit the task.
 */
export async function prepareTask(plan: RunPlan, task: Task, source: DataSource): Promise<PreparedTask> {
  const original = await countDocuments(task, source);
  const fingerprint = taskHasher(task.filters.length);
  const documents = prepareDocs(task, source, {
    family: plan.family,
    renderChat: plan.renderChat,
    fewshotAsMultiturn: plan.fewshotAsMultiturn,
    limit: plan.limit,
    shard: plan.shard,
    ...(plan.systemInstruction === null ? {} : { systemInstruction: plan.systemInstruction }),
  });
  const watched = async function* (): AsyncIterable<PreparedDoc> {
    for await (const prepared of documents) {
      fingerprint.add(prepared);
      yield asAsked(prepared, plan);
    }
  };
  return {
    original,
    count: shareOf(Math.min(original, plan.limit ?? original), plan.shard),
    documents: watched(),
    taskHash: () => fingerprint.digest(),
    promptStatus: () => {
      if (plan.shard === null && (plan.limit === null || plan.limit >= original))
        return promptStatus(task, plan.family, fingerprint.digest());
      // Other examples than the paper's are not the paper's prompts, however few documents there are.
      return isVaried(task) && recordedFingerprints(task, plan.family) !== null ? 'differs' : 'partial';
    },
  };
}

/**
 * The document with its request as this run asks it: messages through the chat template of a model that takes texts (its fingerprint stays that of the messages,
 * as the paper recorded it), how many new tokens, and what ends a thought. One new token has no room for a thought.
 */
function asAsked(prepared: PreparedDoc, plan: RunPlan): PreparedDoc {
  const { request } = prepared;
  if (request.kind !== 'generate') return prepared;
  const maxNewTokens = plan.maxNewTokens ?? request.maxNewTokens;
  const thought = plan.thinking === null || maxNewTokens === 1 ? {} : { thought: { mark: plan.thinking, awaited: plan.thinkingAwaited } };
  const context = typeof request.context === 'string' || plan.renderChat === null ? request.context : plan.renderChat(request.context);
  return { ...prepared, request: { ...request, context, maxNewTokens, ...thought } };
}
