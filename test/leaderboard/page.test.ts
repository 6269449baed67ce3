import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { JSDOM } from 'jsdom';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBattles } from '../../src/arena/battles.js';
import { fitArena } from '../../src/arena/fit.js';
import { escapeHtml } from '../../src/leaderboard/escape-html.js';
import { publish } from '../../src/leaderboard/publish.js';
import { packagePath } from '../../src/package-files.js';
import { board, freshFolder, scores } from './results.js';

const EVIL = `<img src=x onerror="window.hit=1">'"&amp;</script><script>window.hit=1</script>`;

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
    const evilFit = {
      ...fit,
      models: fit.models.map((m, i) => (i === 0 ? { ...m, model: EVIL } : m)),
      win_shares: { ...fit.win_shares, models: fit.win_shares.models.map((m, i) => (i === 0 ? EVIL : m)) },
    };
    const out = freshFolder();
    const arenas = [
      {
        question: 'global' as const,
        scores: [EVIL, 'o/base', 'o/new'].map((model, i) => ({ model, score: 900 + 100 * i, low: null, high: null })),
      },
    ];
    const written = await publish(
      { ...b, notes: [...b.notes, EVIL] },
      { out, title: `Title ${EVIL}`, fits: [evilFit], arenas, pictures: true },
    );
    expect(written.map((f) => path.basename(f))).toEqual(['leaderboard.md', 'leaderboard.csv', 'leaderboard.json', 'leaderboard.html']);
    [markdown = '', csv = '', , html = ''] = written.map((f) => readFileSync(f, 'utf8'));
    document = new JSDOM(html).window.document;
  });

  it('shows nothing of a result file as markup', () => {
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(document.querySelectorAll('script')).toHaveLength(1);
    expect([...document.querySelectorAll('*')].flatMap((e) => [...e.attributes].filter((a) => a.name.startsWith('on')))).toHaveLength(0);
    expect(document.querySelector('#eu th[scope="row"][data-value]')?.ownerDocument.body.textContent).toContain('<img src=x onerror=');
    expect([...document.querySelectorAll('#eu tbody th')].map((e) => e.getAttribute('data-value'))).toContain(EVIL);
    expect(markdown).not.toMatch(/<img|<script/);
    expect(csv).toContain(EVIL.replaceAll('"', '""'));
  });

  it('loads nothing from elsewhere, and its policy allows its own script only', () => {
    expect(html).not.toMatch(/(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i);
    expect(html).not.toMatch(/@import|url\((?!#)/i);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content') ?? '';
    const digest = createHash('sha256')
      .update(document.querySelector('script')?.textContent ?? '')
      .digest('base64');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`'sha256-${digest}'`);
  });

  it('says what is missing, incomplete and on how many documents', () => {
    const row = [...document.querySelectorAll('#eu tbody tr')].find((r) => r.getAttribute('data-name')?.startsWith('o/part'));
    expect(row?.querySelector('td.avg')?.textContent).toContain('incomplete average');
    expect(row?.querySelector('td.avg')?.textContent).toContain('1 of 3');
    expect([...(row?.querySelectorAll('td.missing .sr') ?? [])].map((e) => e.textContent)).toEqual(['missing', 'missing', 'missing']);
    expect(document.querySelector('#eu thead')?.textContent).toContain('1,000 docs');
    expect(markdown).toContain('30.00 * (1 of 3)');
  });

  it('draws the trade-off, the profiles and the arena as labelled pictures', () => {
    const labels = [...document.querySelectorAll('svg[role="img"]')].map((e) => e.getAttribute('aria-label'));
    expect(labels).toHaveLength(3 + 3);
    expect(labels[0]).toBe('Gained and lost against o/base. Against o/base: 1 of 2 models gain in Basque, 1 of them lose in English.');
    expect(labels[1]).toContain('Basque by category');
    expect(labels.join()).toContain("Spearman's rho 1.000");
  });

  it('groups columns by category and keeps bias out of the average', () => {
    const groups = [...document.querySelectorAll('#eu th.group')].map((e) => e.textContent);
    expect(groups).toEqual(['common sense', 'miscellaneous knowledge', 'maths and reasoning', 'bias (not in the average)']);
  });
});

describe('without pictures', () => {
  it('the page has none', async () => {
    const out = freshFolder();
    await publish(await board([{ model: 'a', scores: scores(0.5) }]), { out, title: 'T', fits: [], arenas: [], pictures: false });
    expect(readFileSync(path.join(out, 'leaderboard.html'), 'utf8')).not.toContain('<svg');
  });

  it('a board of one model draws no comparison', async () => {
    const out = freshFolder();
    await publish(await board([{ model: 'a', scores: scores(0.5) }]), { out, title: 'T', fits: [], arenas: [], pictures: true });
    expect(readFileSync(path.join(out, 'leaderboard.html'), 'utf8')).not.toContain('Basque against English');
  });
});

it('text is escaped, control and direction characters with it', () => {
  expect(escapeHtml(`<a b="c" d='e'>&\u0000\u202e`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp; ');
});
