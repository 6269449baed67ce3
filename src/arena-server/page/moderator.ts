/// <reference lib="dom" />
/** The moderator's page. */
import { h } from '../../page/dom.js';
import type { ModeratorStart, Overview, Report } from '../moderator-routes.js';
import type { Suspect } from '../observations.js';
import type { Participation } from '../participation.js';
import { bars } from './charts.js';
import { attempt, button, call, form, main, page, say, submitButton, word } from './frame.js';
import { rankingTables, table } from './ranking-table.js';

page.refused = (refusal) => {
  if (refusal === 'error.sign-in') signIn();
  return refusal === 'error.sign-in';
};

function signIn(): void {
  main.replaceChildren(
    h('h1', {}, word('moderator')),
    form(
      async (entered) => {
        await call('POST', 'api/moderator/sign-in', { password: entered('password') });
        await overview();
      },
      // Keepers of passwords ask under which name to keep one.
      h('input', { type: 'text', autocomplete: 'username', value: 'moderator', hidden: true }),
      h(
        'label',
        {},
        word('password'),
        h('input', { type: 'password', name: 'password', required: true, autocomplete: 'current-password' }),
      ),
      submitButton(word('signIn')),
    ),
  );
}

async function overview(): Promise<void> {
  const { participation, suspects, rankings, reports } = await call<Overview>('GET', 'api/moderator/overview');
  say('');
  main.replaceChildren(
    h('h1', {}, word('moderator')),
    numbers(participation),
    flags(suspects),
    rankingTables(rankings, true),
    reported(reports),
    exports(),
    button(word('signOut'), () => call('POST', 'api/moderator/sign-out').then(signIn)),
  );
}

/** Makes a change and shows everything anew. */
async function change(what: 'ban' | 'delete', body: object): Promise<void> {
  await call('POST', `api/moderator/${what}`, body);
  await overview();
}

function numbers(of: Participation): HTMLElement {
  const rows = (['participants', 'votes', 'battles', 'voided', 'named', 'banned'] as const).map((key) =>
    h('tr', {}, h('th', { scope: 'row' }, word(key)), h('td', { class: 'number' }, String(of[key]))),
  );
  const groups = (name: 'education' | 'level') => of[name].map((g) => ({ ...g, name: word(`${name}.${g.name}`) }));
  const charts = (
    [
      ['perDay', of.days],
      ['perEducation', groups('education')],
      ['perLevel', groups('level')],
    ] as const
  ).flatMap(([key, list]) => [h('h3', {}, word(key)), bars(word(key), list)]);
  return h('section', {}, h('h2', {}, word('participation')), h('table', {}, h('tbody', {}, ...rows)), ...charts);
}

function flags(suspects: readonly Suspect[]): HTMLElement {
  const rows = suspects.map(({ participant, votes, banned, sameAddress, flags: found }) => {
    const evidence = found.map(({ kind, about, count, of, p }) => {
      const chance = p === null ? '' : `, ${word('chance', { p: p.toExponential(1) })}`;
      return `${word(`flag.${kind}`)}${about === '' ? '' : ` (${about})`}: ${word('flagOf', { count, of })}${chance}`;
    });
    if (sameAddress > 1) evidence.push(word('sameAddress', { n: sameAddress }));
    const note = found.map((flag) => flag.kind).join(', ');
    const remove = button(word('deleteYes'), () => change('delete', { participant }));
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, participant.slice(0, 8)),
      h('td', { class: 'number' }, String(votes)),
      h('td', {}, h('ul', {}, ...evidence.map((line) => h('li', {}, line)))),
      h(
        'td',
        {},
        button(word(banned ? 'unban' : 'ban'), () => change('ban', { participant, banned: !banned, note })),
        h('details', {}, h('summary', {}, word('remove')), h('p', {}, word('deleteSure')), remove),
      ),
    );
  });
  const shown = rows.length === 0 ? h('p', {}, word('noFlags')) : table(['participant', 'votes', 'evidence', 'action'], rows, 'flags');
  return h('section', {}, h('h2', {}, word('flags')), shown);
}

function reported(reports: readonly Report[]): HTMLElement {
  const side = (model: string, answer: string | null) => h('div', {}, h('h3', {}, model), h('p', { class: 'you' }, answer));
  const shown = reports.map(({ message, prompt, modelA, modelB, a, b }) => {
    const sides = [side(modelA, a), side(modelB, b)];
    return h('details', {}, h('summary', {}, message), h('p', { class: 'you' }, prompt), h('div', { class: 'sides' }, ...sides));
  });
  const none = shown.length === 0 ? h('p', {}, word('noReports')) : null;
  return h('section', {}, h('h2', {}, word('reports')), none, ...shown);
}

function exports(): HTMLElement {
  const link = (file: string, key: string) => h('li', {}, h('a', { href: `api/moderator/${file}`, download: file }, word(key)));
  const links = [link('battles.csv', 'exportCsv'), link('battles.jsonl', 'exportReleased')];
  return h('section', {}, h('h2', {}, word('exports')), h('ul', {}, ...links));
}

attempt(async () => {
  page.csrf = (await call<ModeratorStart>('GET', `api/moderator/start${location.search}`)).csrf;
  await overview();
});
