import type { Response, ScoringWay } from '../types.js';

/** Which way the choices of each task's documents were scored on a server, also those whose answers came from the journal. */
export interface ScoringWays {
  add(task: string, response: Response): void;
  /**
   * Fields for the details of a run's work: `scoring` names the way of each task (of most of its documents), `scoring_documents` counts documents where a task went several ways.
   * Empty where nothing was scored on a server.
   */
  details(): Readonly<Record<string, unknown>>;
}

/**
 * Returns an empty count.
 */
export function createScoringWays(): ScoringWays {
  const tasks = new Map<string, Map<ScoringWay, number>>();
  return {
    add(task, response) {
      const way = response.kind === 'choices' ? response.notes?.scoring : undefined;
      if (way === undefined) return;
      const counts = tasks.get(task) ?? new Map<ScoringWay, number>();
      counts.set(way, (counts.get(way) ?? 0) + 1);
      tasks.set(task, counts);
    },
    details() {
      if (tasks.size === 0) return {};
      const ordered = [...tasks].map(([task, counts]) => [task, [...counts].sort((a, b) => b[1] - a[1])] as const);
      const mixed = ordered.filter(([, counts]) => counts.length > 1);
      return {
        scoring: Object.fromEntries(ordered.map(([task, counts]) => [task, counts[0]?.[0]])),
        ...(mixed.length === 0
          ? {}
          : { scoring_documents: Object.fromEntries(mixed.map(([task, counts]) => [task, Object.fromEntries(counts)])) }),
      };
    },
  };
}
