/** Parsers of command-line values; each throws commander's error (exit code 2) with what would be valid. */
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.js';
import type { PromptFamily } from '../types.js';

/** Adds one command to the program; `exit` sets the exit code of a run that ends well but not with 0 (a failed gate). Returns what it added. */
export type AddCommand = (program: Command, exit: (code: number) => void) => Command;

/**
 * Returns a parser of whole numbers from `least` on.
 */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Give a whole number, ${least} or more.`);
    }
    return value;
  };
}

/**
 * Parses the number of a port; 0 takes a free one. Throws `InvalidArgumentError`.
 */
export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Give a whole number from 0 to 65535.');
  return Number(text);
}

/**
 * Returns a parser of numbers between two bounds.
 */
export function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
      throw new InvalidArgumentError(
        most === Number.POSITIVE_INFINITY ? `Give a number, ${least} or more.` : `Give a number from ${least} to ${most}.`,
      );
    }
    return value;
  };
}

/**
 * Parses `I/N` as shard I of N, counted from 1. Returns a 0-based index.
 */
export function shardOf(text: string): { index: number; count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count) throw new InvalidArgumentError('Give I/N with 1 <= I <= N, as in 2/8.');
  return { index: index - 1, count };
}

/**
 * Parses a comma-separated list; empty items are dropped. For options that may be repeated, earlier items are kept.
 */
export function list(text: string, previous: readonly string[] | undefined): readonly string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('Give at least one name.');
  return [...(previous ?? []), ...items];
}

/**
 * Takes the name of a folder; an empty one (a shell variable that is not set) would be the current folder.
 */
export function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('Give the name of a folder.');
  return text;
}

/** Flag and description of `--hooks`, for every command that reads task files. */
export const HOOKS_OPTION = ['--hooks <file>', 'JavaScript module whose functions answer the Python functions of task files'] as const;

/** Flag and description of `--include-path`, for every command that takes tasks. */
export const INCLUDE_OPTION = ['--include-path <dir>', 'folder of task files whose names can be given as tasks', folderName] as const;

/**
 * Returns the tasks that a command names, or undefined for all where it names none.
 */
export function namesOrAll(names: readonly string[]): readonly string[] | undefined {
  return names.length === 0 ? undefined : names;
}

/**
 * Returns a parser of one of some words.
 */
export function oneOf<const T extends string>(valid: readonly T[]): (text: string) => T {
  return (text) => {
    const found = valid.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`Valid: ${valid.join(', ')}.`);
    return found;
  };
}

/**
 * Returns a parser of several of some words, separated by commas; for options that may be repeated, earlier words are kept.
 */
export function someOf<const T extends string>(valid: readonly T[]): (text: string, previous: readonly T[] | undefined) => readonly T[] {
  return (text, previous = []) => [...previous, ...text.split(',').map((word) => oneOf(valid)(word.trim()))];
}

/**
 * Parses `1..5` and `1,2,7` as seeds.
 */
export function seedList(text: string): readonly number[] {
  const range = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text);
  const seeds =
    range === null
      ? text.split(',').map((one) => (/^\s*\d{1,9}\s*$/.test(one) ? Number(one) : Number.NaN))
      : Array.from({ length: Math.max(0, Math.min(1001, Number(range[2]) - Number(range[1]) + 1)) }, (_, i) => Number(range[1]) + i);
  if (seeds.length === 0 || seeds.length > 100 || seeds.some(Number.isNaN))
    throw new InvalidArgumentError('Write 1..5 or 1,2,7: whole numbers, at most 100 of them.');
  return seeds;
}

export const PROMPT_FAMILIES: readonly PromptFamily[] = ['plain', 'chat', 'api'];

/**
 * Returns the date of `--template-date`, or null without it. Throws `UserError` when it is no date.
 */
export function dateOf(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
    throw new UserError(`--template-date '${text}': write a date as 2026-01-31`);
  return date;
}
