/** What the page says of a benchmark beside its scores: data, chance level, licence, paper, and a document to see what is asked. */
import { openFolder } from '../data/folder.js';
import { UserError } from '../errors.js';
import { packagePath } from '../package-files.js';
import { prepareDocs } from '../prompts/prepare.js';
import { isGroup, leavesOf } from '../task-tree.js';
import type { Group, Task } from '../types.js';
import { type BenchmarkLabel, knownLabelOf } from './columns.js';

/** A document in the form of the benchmark: made up, so that no test question is spread. */
export interface ExampleDocument {
  /** The question as the model sees it, without examples before it. */
  readonly prompt: string;
  /** Null where the answer is generated. */
  readonly choices: readonly string[] | null;
  /** Place of the right choice, or the text of the answer. */
  readonly target: number | string;
}

export interface BenchmarkFacts {
  /** Name of the data set on the hub. */
  readonly dataset: string | null;
  /** In percent; null where answers are generated or nothing is known. */
  readonly chance: number | null;
  /** As the data set's page states it; null where it does not. */
  readonly licence: string | null;
  readonly paper: { readonly title: string; readonly url: string } | null;
  readonly shots: number | null;
  readonly tasks: number;
  readonly example: ExampleDocument | null;
}

type Paper = NonNullable<BenchmarkFacts['paper']>;
type Source = Pick<BenchmarkFacts, 'chance' | 'licence' | 'paper'>;

const ARC: Paper = {
  title: 'Clark et al. (2018): Think you have Solved Question Answering? Try ARC, the AI2 Reasoning Challenge',
  url: 'https://arxiv.org/abs/1803.05457',
};
const BBQ: Paper = {
  title: 'Parrish et al. (2022): BBQ: A Hand-Built Bias Benchmark for Question Answering. Findings of ACL',
  url: 'https://arxiv.org/abs/2110.08193',
};
const BELEBELE: Paper = {
  title: 'Bandarkar et al. (2024): The Belebele Benchmark: a Parallel Reading Comprehension Dataset in 122 Language Variants. ACL',
  url: 'https://arxiv.org/abs/2308.16884',
};
const BERTAQA: Paper = {
  title: 'Etxaniz et al. (2024): BertaQA: How Much Do Language Models Know About Local Culture? NeurIPS',
  url: 'https://arxiv.org/abs/2406.07302',
};
const BL2MP: Paper = {
  title:
    'Urbizu et al. (2024): How Well Can BERT Learn the Grammar of an Agglutinative and Flexible-Order Language? The Case of Basque. LREC-COLING',
  url: 'https://huggingface.co/datasets/orai-nlp/bl2mp',
};
const LATXA: Paper = {
  title: 'Etxaniz et al. (2024): Latxa: An Open Language Model and Evaluation Suite for Basque. ACL',
  url: 'https://arxiv.org/abs/2403.20266',
};
const MGSM: Paper = {
  title: 'Shi et al. (2023): Language Models are Multilingual Chain-of-Thought Reasoners. ICLR',
  url: 'https://arxiv.org/abs/2210.03057',
};
const MMLU: Paper = {
  title: 'Hendrycks et al. (2021): Measuring Massive Multitask Language Understanding. ICLR',
  url: 'https://arxiv.org/abs/2009.03300',
};
const PIQA: Paper = {
  title: 'Bisk et al. (2020): PIQA: Reasoning about Physical Commonsense in Natural Language. AAAI',
  url: 'https://arxiv.org/abs/1911.11641',
};
const XSTORYCLOZE: Paper = {
  title: 'Lin et al. (2022): Few-shot Learning with Multilingual Generative Language Models. EMNLP',
  url: 'https://arxiv.org/abs/2112.10668',
};

/**
 * By the name that people use. Chance levels are the mean of 1 / number of choices; those of EusReading and EusTrivia, whose documents differ in it, are the
 * ones of the Latxa paper. Licences are those of the data sets' pages on the hub.
 */
const SOURCES: Readonly<Record<BenchmarkLabel, Source>> = {
  'ARC challenge': { chance: 25, licence: 'CC BY-SA 4.0', paper: ARC },
  'ARC easy': { chance: 25, licence: 'CC BY-SA 4.0', paper: ARC },
  Belebele: { chance: 25, licence: 'CC BY-SA 4.0', paper: BELEBELE },
  'BertaQA global': { chance: 100 / 3, licence: 'CC BY 4.0', paper: BERTAQA },
  'BertaQA local': { chance: 100 / 3, licence: 'CC BY 4.0', paper: BERTAQA },
  BL2MP: { chance: 50, licence: 'CC BY-NC-SA 4.0', paper: BL2MP },
  EusExams: { chance: 25, licence: 'CC BY-SA 4.0', paper: LATXA },
  EusProficiency: { chance: 25, licence: null, paper: LATXA },
  EusReading: { chance: 25.83, licence: null, paper: LATXA },
  EusTrivia: { chance: 26.55, licence: null, paper: LATXA },
  MGSM: { chance: null, licence: 'CC BY-SA 4.0', paper: MGSM },
  MMLU: { chance: 25, licence: null, paper: MMLU },
  PIQA: { chance: 50, licence: null, paper: PIQA },
  XStoryCloze: { chance: 50, licence: 'CC BY-SA 4.0', paper: XSTORYCLOZE },
  BasqBBQ: { chance: 100 / 3, licence: null, paper: BBQ },
  BBQ: { chance: 100 / 3, licence: 'CC BY 4.0', paper: BBQ },
};
const NO_SOURCE: Source = { chance: null, licence: null, paper: null };

/**
 * Returns the facts of benchmarks by name. Own benchmarks have no paper and licence here; a benchmark without made-up documents has no example.
 */
export async function benchmarkFacts(
  entries: readonly (Group | Task)[],
  own: ReadonlySet<string>,
): Promise<Record<string, BenchmarkFacts>> {
  const facts = await Promise.all(
    entries.map(async (entry): Promise<[string, BenchmarkFacts]> => {
      const leaves = leavesOf(entry);
      const [first] = leaves;
      const label = own.has(entry.name) ? null : knownLabelOf(entry.name);
      return [
        entry.name,
        {
          dataset: first?.datasetPath ?? null,
          ...(label === null ? NO_SOURCE : SOURCES[label]),
          shots: first?.fewshot.count ?? null,
          tasks: isGroup(entry) ? leaves.length : 1,
          example: own.has(entry.name) ? null : await exampleOf(leaves),
        },
      ];
    }),
  );
  return Object.fromEntries(facts);
}

/** The first made-up document of the package's fixtures, which have no more than a part of a group's tasks. */
async function exampleOf(leaves: readonly Task[]): Promise<ExampleDocument | null> {
  const source = await openFolder(packagePath('fixtures/data'));
  for (const task of leaves) {
    try {
      for await (const doc of prepareDocs(task, source, { family: 'plain', renderChat: null, numFewshot: 0, limit: 1 })) {
        if (typeof doc.context !== 'string') return null;
        const target = Array.isArray(doc.target) ? doc.target[0] : doc.target;
        return { prompt: doc.context, choices: doc.choices, target: typeof target === 'number' ? target : String(target ?? '') };
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return null;
}
