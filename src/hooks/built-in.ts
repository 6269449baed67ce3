/**
 * The functions that task files can name without any code of theirs being run: those of the paper's tasks, and the common ones of the harness's Basque tasks
 * under their own names.
 */
import { fieldOf } from '../python/fields.js';
import type { Doc } from '../types.js';
import { corefText, wicDocument } from './basqueglue.js';
import type { Aggregation, HookFunctions, HookKind, Hooks } from './hook.js';
import { isAnswerable, letteredText, letters } from './lettered-candidates.js';
import { arcDocument, hellaswagDocument, truthfulqaDocument, truthfulqaMass } from './okapi.js';
import { pawsDocument } from './paws.js';
import { truthfulqaBleu, truthfulqaGeneration, truthfulqaScores } from './truthfulqa.js';
import { xcopaChoices, xcopaText } from './xcopa.js';

function keep(wanted: (doc: Doc) => boolean): (doc: Doc) => Doc | null {
  return (doc) => (wanted(doc) ? doc : null);
}

function hasGroup(group: string): (doc: Doc) => Doc | null {
  return keep((doc) => fieldOf(doc, 'group') === group);
}

function hasDomain(domain: string): (doc: Doc) => Doc | null {
  return keep((doc) => fieldOf(doc, 'domain') === domain);
}

function f1(options: Readonly<Record<string, unknown>>): Aggregation {
  return { metric: 'f1', options };
}

/** Between the name of a hook and the data set that it is for, where other data sets have a function of the same name. */
export const FOR_DATA_SET = '@';

/** The result hook that is a metric with a way of predicting of its own. */
export const BIAS_HOOK = 'bias';

export const BUILT_IN_HOOKS: Hooks = {
  doc_to_text: new Map<string, HookFunctions['doc_to_text']>([
    ['lettered_candidates', letteredText],
    ['coref_doc_to_text', corefText],
    ['xcopa_doc_to_text', xcopaText],
  ]),
  doc_to_target: new Map(),
  doc_to_choice: new Map<string, HookFunctions['doc_to_choice']>([
    ['lettered_candidates', letters],
    ['xcopa_doc_to_choice', xcopaChoices],
  ]),
  process_docs: new Map<string, HookFunctions['process_docs']>([
    ['answerable', keep(isAnswerable)],
    ['bertaqa_local', hasGroup('Euskal gaiak')],
    ['bertaqa_global', hasGroup('Gai orokorrak')],
    ['paws_process_docs', pawsDocument],
    ['process_wic_docs', wicDocument],
    ['process_professional_certification', hasDomain('Professional certification')],
    ['process_docs_gen', truthfulqaGeneration],
    ['process_docs@alexandrainst/m_arc', arcDocument],
    ['process_docs@alexandrainst/m_hellaswag', hellaswagDocument],
    ['process_docs@alexandrainst/m_truthfulqa', truthfulqaDocument],
  ]),
  process_results: new Map<string, HookFunctions['process_results']>([
    ['process_results_mc2', truthfulqaScores],
    ['process_results_mc2@alexandrainst/m_truthfulqa', truthfulqaMass],
    ['process_results_gen', truthfulqaBleu],
  ]),
  aggregation: new Map<string, HookFunctions['aggregation']>([
    ['micro_f1_score', f1({ average: 'micro' })],
    ['macro_f1_score', f1({ average: 'macro' })],
    ['weighted_f1_score', f1({ average: 'weighted' })],
    ['vaxx_f1_score', f1({ average: 'macro', labels: [0, 2] })],
  ]),
};

/**
 * Returns the names that a field can have, for checks and messages.
 */
export function hookNames(hooks: Hooks, kind: HookKind): readonly string[] {
  const names = [...hooks[kind].keys()];
  return kind === 'process_results' ? [BIAS_HOOK, ...names] : names;
}
