import { createHash, hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packagePath } from '../package-files.js';
import { dumpsJson, dumpsJsonIndented } from '../python/json.js';
import { pyStr } from '../python/strings.js';
import type { Doc, Message, PreparedDoc, PromptFamily, Target, Task } from '../types.js';

/**
 * Returns sha256 of a text's UTF-8 bytes as lower-case hex.
 */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/**
 * Returns the digest of a document as Python's `json.dumps(doc, indent=2, ensure_ascii=False)` writes it.
 */
export function docHash(doc: Doc): string {
  return sha256(dumpsJsonIndented(doc));
}

/**
 * Returns the digest of a prompt; messages count as one line of JSON with the keys `role` and `content`.
 */
export function promptHash(context: string | readonly Message[]): string {
  return sha256(typeof context === 'string' ? context : messagesJson(context));
}

/**
 * Returns messages as Python's `json.dumps(messages, ensure_ascii=False)` writes them.
 */
export function messagesJson(messages: readonly Message[]): string {
  return dumpsJson(messages.map(({ role, content }) => ({ role, content })));
}

/**
 * Returns the digest of `str(target)`, the target as the task file calls it: an index of a choice, a text, or a list of them.
 */
export function targetHash(target: Target): string {
  return sha256(pyStr(target));
}

/** A task's fingerprint over all its documents, taken while they stream by. */
export interface TaskHasher {
  add(doc: Pick<PreparedDoc, 'docHash' | 'promptHash' | 'targetHash'>): void;
  /** Documents so far. */
  readonly documents: number;
  /** sha256 of all documents' three hashes in order; a task with several filters lists its documents once for each. */
  digest(): string;
}

/**
 * Returns an empty fingerprint for a task with so many filter pipelines (`task.filters.length`).
 * With one pipeline nothing is kept; with more, 192 characters a document.
 */
export function taskHasher(filters: number): TaskHasher {
  const digest = createHash('sha256');
  const kept: string[] = [];
  let documents = 0;
  return {
    add: (doc) => {
      documents++;
      const line = doc.docHash + doc.promptHash + doc.targetHash;
      digest.update(line);
      if (filters > 1) kept.push(line);
    },
    get documents() {
      return documents;
    },
    digest: () => {
      const all = digest.copy();
      for (let i = 1; i < filters; i++) for (const line of kept) all.update(line);
      return all.digest('hex');
    },
  };
}

interface Records {
  /** sha256 of the chat template in which all recorded chat prompts are: Llama 3.1's. */
  readonly chat_template_sha256: string;
  readonly tasks: Readonly<Record<string, Readonly<Partial<Record<PromptFamily, readonly string[]>>>>>;
}

let records: Records | null = null;

/** Recorded fingerprints, from the result files of the paper. */
function loadRecords(): Records {
  if (records === null) {
    const parsed: Records = JSON.parse(readFileSync(packagePath('tasks/fingerprints.json'), 'utf8'));
    records = parsed;
  }
  return records;
}

/**
 * Returns whether a chat template is the one in which the paper's chat prompts are recorded; with another, no chat fingerprint can match.
 */
export function isRecordedTemplate(source: string): boolean {
  return sha256(source) === loadRecords().chat_template_sha256;
}

/**
 * Returns the fingerprints that the paper's result files record for a task in a family, newest first, or null where there are none.
 * (`arc_eu_challenge` in chat has two: one is of an older revision of the data.) A foreign task of the same name has no record.
 */
export function recordedFingerprints(task: Task, family: PromptFamily): readonly string[] | null {
  if (!task.file.startsWith(packagePath('tasks'))) return null;
  const { tasks } = loadRecords();
  return (Object.hasOwn(tasks, task.name) ? tasks[task.name]?.[family] : undefined) ?? null;
}

/**
 * Returns the newest recorded fingerprint of a task in a family, or null.
 */
export function recordedFingerprint(task: Task, family: PromptFamily): string | null {
  return recordedFingerprints(task, family)?.[0] ?? null;
}

/** How a whole task's prompts compare with the paper's. */
export type PromptStatus = 'match' | 'differs' | 'no record';

/**
 * Returns whether a full run's prompts are the paper's. Only meaningful when every document of the data set was prepared.
 */
export function promptStatus(task: Task, family: PromptFamily, taskHash: string): PromptStatus {
  const recorded = recordedFingerprints(task, family);
  if (recorded === null) return 'no record';
  return recorded.includes(taskHash) ? 'match' : 'differs';
}
