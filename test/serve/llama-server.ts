/** A real llama-server for tests: named by EUS_EVAL_LLAMA_SERVER or on the PATH. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { findEngine } from '../../src/serve/engines.js';

/** Path of the program, or null where there is none. */
export const LLAMA_SERVER: string | null = find();

function find(): string | null {
  const named = process.env.EUS_EVAL_LLAMA_SERVER ?? '';
  if (named !== '') {
    // A name that leads nowhere is a mistake, not a reason to leave tests out.
    if (spawnSync(named, ['--help'], { stdio: 'ignore' }).error !== undefined)
      throw new Error(`EUS_EVAL_LLAMA_SERVER: no program ${named}`);
    return path.resolve(named);
  }
  try {
    return findEngine('llama.cpp', process.env.PATH ?? '').command;
  } catch {
    return null;
  }
}

if (LLAMA_SERVER === null)
  console.log('skipped: tests with a real llama-server (none on the PATH; name one in EUS_EVAL_LLAMA_SERVER, see CONTRIBUTING.md)');

/** Exact arithmetic: keys and values in float32, and one thread, which also suits a machine that is busy. */
export const EXACT_WORDS = ['-ctk', 'f32', '-ctv', 'f32', '-fa', 'off', '-t', '1'];

/**
 * A PATH on which the program is called llama-server: `folder` is made for it.
 */
export function pathWith(program: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  symlinkSync(program, path.join(folder, 'llama-server'));
  return `${folder}${path.delimiter}${process.env.PATH ?? ''}`;
}
