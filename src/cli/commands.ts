import { addArena } from './arena.js';
import type { AddCommand } from './arguments.js';
import { addCompare } from './compare.js';
import { addContamination } from './contamination.js';
import { addCurve } from './curve.js';
import { addDoctor } from './doctor.js';
import { addExplain } from './explain.js';
import { addFetch } from './fetch.js';
import { addGate } from './gate.js';
import { addJudge } from './judge.js';
import { addLeaderboard } from './leaderboard.js';
import { addList } from './list.js';
import { addMerge } from './merge.js';
import { addPublish } from './publish.js';
import { addRun } from './run.js';
import { addSafety } from './safety.js';
import { addSetup } from './setup.js';
import { addShow } from './show.js';
import { addVerify } from './verify.js';
import { addView } from './view.js';

/** Commands under one heading of `--help`. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly AddCommand[];
}

/** All commands, in the order of `--help`. Each file imports what it needs only when its command runs, so that help stays fast. */
export const commandGroups: readonly CommandGroup[] = [
  { heading: 'Evaluate a model:', commands: [addRun, addMerge] },
  { heading: 'Look at benchmarks and prompts:', commands: [addList, addShow, addVerify, addFetch] },
  { heading: 'Judge results:', commands: [addView, addCompare, addGate, addLeaderboard, addCurve, addPublish, addExplain] },
  { heading: 'Other evaluations:', commands: [addJudge, addArena, addSafety, addContamination] },
  { heading: 'This machine:', commands: [addDoctor, addSetup] },
];
