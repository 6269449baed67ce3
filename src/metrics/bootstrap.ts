import { sampleStandardDeviation } from 'simple-statistics';
import { PythonRandom } from '../python/random.js';

/** A whole task as kinds of document: its score depends only on how often each kind occurs. */
export interface Corpus {
  /** The kind of each document, from 0. */
  readonly kindOf: ArrayLike<number>;
  readonly kinds: number;
  /** Returns the score of so many documents of each kind. */
  value(counts: Float64Array): number;
}

/** The harness draws in chunks of so many resamples, each with a generator of its own, whose seed is the number of the chunk. */
const CHUNK = 1000;

/**
 * Returns the standard deviation (n - 1) of a score over resamples of the documents with replacement: the numbers that the harness's `bootstrap_stderr`
 * gives, draw by draw (`random.Random(chunk).choices(documents, k=n)`).
 */
export function bootstrapError(corpus: Corpus, documents: number, iterations: number): number {
  const size = Math.min(CHUNK, iterations);
  const chunks = Math.floor(iterations / size);
  const counts = new Float64Array(corpus.kinds);
  const kindOf = Int32Array.from({ length: documents }, (_, i) => corpus.kindOf[i] ?? 0);
  const scores: number[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const random = new PythonRandom(chunk);
    for (let i = 0; i < size; i++) {
      counts.fill(0);
      for (let k = 0; k < documents; k++) {
        const kind = kindOf[Math.floor(random.random() * documents)] ?? 0;
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
      scores.push(corpus.value(counts));
    }
  }
  return scores.length > 1 ? sampleStandardDeviation(scores) : 0;
}
