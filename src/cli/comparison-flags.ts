/** Options of `compare` and `gate`, which both compare two runs. */
import type { Allowable } from '../compare/differs.js';
import { someOf, wholeNumber } from './arguments.js';

const ALLOWABLE: readonly Allowable[] = ['fingerprint', 'shots', 'version'];

export interface ComparisonFlags {
  in?: string;
  allow?: readonly Allowable[];
  seed: number;
  rounds: number;
  json: boolean;
}

/** Flag, description and parser of each. */
export const COMPARISON_OPTION = {
  in: ['--in <dir>', 'folder of models; <base> and <candidate> may then be names of models in it'],
  allow: ['--allow <what>', 'compare even if fingerprint, shots or version differ (comma-separated)', someOf(ALLOWABLE)],
  seed: ['--seed <n>', 'seed of the bootstrap', wholeNumber(0), 1234],
  rounds: ['--rounds <n>', 'rounds of the bootstrap', wholeNumber(100), 2000],
  json: ['--json', 'print one JSON document', false],
} as const;
