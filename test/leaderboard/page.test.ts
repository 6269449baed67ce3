import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { JSDOM } from 'jsdom';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBattles } from '../../src/arena/battles.js';
import { fitArena } from '../../src/arena/fit.js';
import { publish } from '../../src/leaderboard/publish.js';
import { packagePath } from '../../src/package-files.js';
import { escapeHtml } from '../../src/page/escape-html.js';
import { board, freshFolder, scores } from './results.js';

const EVIL = `<img src=x onerror="window.hit=1">'"&amp;</script><script>window.hit=1</script><!--`;

// Without scripts, as a browser without JavaScript reads it; what scripts make of it is seen in browser.test.ts.
describe('the page', () => {
  let html: string;
  let markdown: string;
  let csv: string;
  let document: Document;
  beforeAll(async () => {
    const b = await board(
      [
        {
          model: EVIL,
          folder: 'evil',
          scores: scores(0.5),
          version: 1,
          more: { versions: Object.fromEntries(Object.keys(scores(0)).map((t) => [t, EVIL])) },
        },
        { model: 'o/base', scores: scores(0.6) },
        { model: 'o/new', scores: scores(0.7, { arc_easy: 0.3 }) },
        { model: 'o/part', scores: { eus_trivia: 0.3 } },
      ],
      { base: 'o/base', mixed: true },
    );
    const fit = fitArena(await readBattles(packagePath('fixtures/arena/battles.csv'), 'global'), {
      rounds: 5,
      seed: 1,
      level: 0.9,
      largestGroup: false,
    });
    const evilFit = { ...fit, models: fit.models.map((m, i) => (i === 0 ? { ...m, model: EVIL } : m)) };
    const out = freshFolder();
    const arenas = [
      {
        question: 'global' as const,
        scores: [EVIL, 'o/base', 'o/new'].map((model, i) => ({ model, score: 900 + 100 * i, low: null, high: null })),
      },
    ];
    const written = await publish(
      {
        ...b,
        notes: [{ key: 'broken', values: { n: 1, names: EVIL } }, ...b.notes, { key: 'remark', values: { model: EVIL, text: EVIL } }],
      },
      { out, title: `Title ${EVIL}`, language: 'es', fits: [evilFit], arenas, pictures: true, facts: {} },
    );
    expect(written.map((file) => path.basename(file)).sort()).toEqual([
      'leaderboard.csv',
      'leaderboard.html',
      'leaderboard.json',
      'leaderboard.md',
    ]);
    const read = (kind: string) => readFileSync(path.join(out, `leaderboard.${kind}`), 'utf8');
    html = read('html');
    markdown = read('md');
    csv = read('csv');
    document = new JSDOM(html).window.document;
  });

  it('shows names and remarks as text, wherever they stand', () => {
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(document.querySelectorAll('script')).toHaveLength(2);
    expect([...document.querySelectorAll('*')].flatMap((e) => [...e.attributes].filter((a) => a.name.startsWith('on')))).toHaveLength(0);
    expect([...document.querySelectorAll('tbody th')].map((e) => e.textContent)).toContain(EVIL);
    const data: { board: { models: { model: string }[] } } = JSON.parse(document.getElementById('data')?.textContent ?? '');
    expect(data.board.models.map((m) => m.model)).toContain(EVIL);
    expect(markdown).not.toMatch(/<img|<script/);
    expect(csv).toContain(EVIL.replaceAll('"', '""'));
  });

  it('says before the tables what is missing from them', () => {
    expect(document.querySelector('main > .soft + .alert')?.textContent).toBe(
      `No se pudo leer 1 archivo de resultados y no está en esta clasificación: ${EVIL}`,
    );
    expect(markdown).toMatch(/^# Leaderboard\n\n\*\*1 result file could not be read/);
    expect(markdown.match(/could not be read/g)).toHaveLength(1);
  });

  it('loads nothing from elsewhere, and its policy allows its own script and style only', () => {
    expect(html).not.toMatch(/<(?:link|img|script|iframe)[^>]*(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i);
    expect(document.querySelector('style')?.textContent).not.toMatch(/@import|url\(/i);
    expect(document.querySelectorAll('[style]')).toHaveLength(0);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content') ?? '';
    const digest = (text: string | null | undefined) =>
      createHash('sha256')
        .update(text ?? '')
        .digest('base64');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${digest([...document.querySelectorAll('script')].at(-1)?.textContent)}'`);
    expect(policy).toContain(`style-src 'sha256-${digest(document.querySelector('style')?.textContent)}'`);
    expect(policy).not.toContain('unsafe');
  });

  it('has plain tables in its language where there is no JavaScript', () => {
    expect(document.documentElement.lang).toBe('es');
    expect([...document.querySelectorAll('h2')].map((e) => e.textContent)).toEqual([
      'Medias',
      'Euskera',
      'Inglés',
      'Español',
      'Arena: En conjunto',
      'Notas sobre estos resultados',
    ]);
    const row = [...document.querySelectorAll('tbody tr')].find((r) => r.querySelector('th')?.textContent === 'o/part');
    expect([...(row?.querySelectorAll('td') ?? [])].map((e) => e.textContent)).toEqual(['–', '30,0* (1 de 3)', '–', '—', '–', '—']);
    expect(markdown).toContain('30.00 * (1 of 3)');
  });
});

it('text is escaped, control and direction characters with it', () => {
  expect(escapeHtml(`<a b="c" d='e'>&\u0000\u202e`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp; ');
});
