import type { Command } from 'commander';
import { addArena } from './arena.js';
import { addCompare } from './compare.js';
import { addDoctor } from './doctor.js';
import { addExplain } from './explain.js';
import { addFetch } from './fetch.js';
import { addGate } from './gate.js';
import { addLeaderboard } from './leaderboard.js';
import { addList } from './list.js';
import { addMerge } from './merge.js';
import { addRun } from './run.js';
import { addSafety } from './safety.js';
import { addSetup } from './setup.js';
import { addShow } from './show.js';
import { addVerify } from './verify.js';

/** Adds one command to the program; `exit` sets the exit code of a run that ends well but not with 0 (a failed gate). Returns what it added. */
export type AddCommand = (program: Command, exit: (code: number) => void) => Command;

/** All commands, in the order of `--help`. Each file imports what it needs only when its command runs, so that help stays fast. */
export const commands: readonly AddCommand[] = [
  addList,
  addShow,
  addVerify,
  addRun,
  addMerge,
  addCompare,
  addGate,
  addFetch,
  addLeaderboard,
  addArena,
  addSafety,
  addExplain,
  addSetup,
  addDoctor,
];
