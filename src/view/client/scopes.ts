/** The benchmarks, by language, with how many documents are right, or were gained and lost against the other run. */

import { h } from '../../page/dom.js';
import { LANGUAGE_WORDS } from '../../page/shared-words.js';
import type { ViewWords } from '../../page/view-words.js';
import { type PageLanguage, percentText } from '../../page/words.js';
import { COUNTED, type Counts, noCounts, type RunInfo, type Summary, type TaskInfo } from '../protocol.js';

export interface Scope {
  /** As in a query: `all`, `language:eu`, ... */
  readonly name: string;
  readonly label: string;
  readonly depth: number;
  readonly tasks: readonly string[];
  readonly samples: boolean;
}

const LANGUAGES = ['eu', 'en', 'es', null] as const;

/**
 * Returns the scopes of a run: everything, each language, each benchmark, and the tasks of benchmarks that have several.
 */
export function scopesOf(run: RunInfo, t: ViewWords): Scope[] {
  const scope = (name: string, label: string, depth: number, tasks: readonly TaskInfo[]): Scope => ({
    name,
    label,
    depth,
    tasks: tasks.map((task) => task.name),
    samples: tasks.some(({ samples }) => samples),
  });
  const scopes = [scope('all', t('everything'), 0, run.tasks)];
  for (const language of LANGUAGES) {
    const tasks = run.tasks.filter((task) => task.language === language);
    if (tasks.length === 0) continue;
    scopes.push(scope(`language:${language ?? 'none'}`, t(language === null ? 'otherLanguage' : LANGUAGE_WORDS[language]), 0, tasks));
    for (const benchmark of new Set(tasks.map((task) => task.benchmark))) {
      const parts = tasks.filter((task) => task.benchmark === benchmark);
      scopes.push(scope(`benchmark:${benchmark}`, benchmark, 1, parts));
      if (parts.length > 1) for (const part of parts) scopes.push(scope(`task:${part.name}`, part.name, 2, [part]));
    }
  }
  return scopes;
}

/**
 * Returns the sum of the counts of some tasks; null while none of them has been read.
 */
export function countsOf(summary: Summary | null, tasks: readonly string[], subject: string | null): Counts | null {
  const found = tasks.flatMap((task) => {
    const one = summary !== null && Object.hasOwn(summary.tasks, task) ? summary.tasks[task] : undefined;
    if (one === undefined || subject === null) return one?.counts ?? [];
    return Object.hasOwn(one.subjects, subject) ? (one.subjects[subject] ?? []) : [];
  });
  if (found.length === 0) return null;
  const sum = noCounts();
  for (const counts of found) for (const name of COUNTED) sum[name] += counts[name];
  return sum;
}

/**
 * Returns the subjects of some tasks, the most frequent first.
 */
export function subjectsOf(summary: Summary | null, tasks: readonly string[]): readonly (readonly [string, Counts])[] {
  const names = new Set(
    tasks.flatMap((task) =>
      summary !== null && Object.hasOwn(summary.tasks, task) ? Object.keys(summary.tasks[task]?.subjects ?? {}) : [],
    ),
  );
  return [...names]
    .flatMap((name): (readonly [string, Counts])[] => {
      const counts = countsOf(summary, tasks, name);
      return counts === null ? [] : [[name, counts]];
    })
    .sort(([a, x], [b, y]) => y.all - x.all || (a < b ? -1 : 1));
}

export interface ScopeOptions {
  readonly t: ViewWords;
  readonly language: PageLanguage;
  readonly paired: boolean;
  choose(name: string): void;
}

/**
 * Returns one button of the side bar.
 */
export function scopeButton(
  { label, depth, name, current, counts }: { label: string; depth: number; name: string; current: boolean; counts: Counts | null },
  options: ScopeOptions,
): HTMLElement {
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        class: `scope depth${depth}`,
        'aria-current': current ? 'true' : null,
        'data-scope': name,
        onclick: () => options.choose(name),
      },
      h('span', { class: 'label', title: label }, label),
      counts === null ? null : figures(counts, options),
    ),
  );
}

function figures(counts: Counts, { t, language, paired }: ScopeOptions): HTMLElement {
  if (!paired) {
    const scored = counts.right + counts.wrong;
    return h('span', { class: 'figures', title: t('accuracy') }, scored === 0 ? '–' : percentText(counts.right / scored, language));
  }
  const words = t('flipsWord', { gained: counts.gained, lost: counts.lost });
  return h(
    'span',
    { class: 'figures', title: words },
    h('span', { class: 'gained', 'aria-hidden': 'true' }, `+${counts.gained}`),
    ' ',
    h('span', { class: 'lost', 'aria-hidden': 'true' }, `−${counts.lost}`),
    h('span', { class: 'sr' }, words),
  );
}
