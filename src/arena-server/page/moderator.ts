/// <reference lib="dom" />
/** The moderator's page. */
import { bars } from './charts.js';
import { byId, el, fill } from './elements.js';
import { rankingTables } from './ranking-table.js';
import { type Caller, call, field, items, part, Refused } from './requests.js';

const main = byId('main');
const status = byId('status');
let words: unknown = {};
const word = (key: string): string => field(words, key) || key;
const caller: Caller = { csrf: '', trying: (again) => say(again ? word('error.connection') : '') };

function say(text: string): void {
  status.className = '';
  status.textContent = text;
}

function failed(error: unknown): void {
  if (error instanceof Refused && error.word === 'error.sign-in') {
    signIn();
    return;
  }
  status.className = 'error';
  status.textContent = word(error instanceof Refused ? error.word : 'error.bad-request');
  if (!(error instanceof Refused)) throw error;
}

function signIn(): void {
  const password = el('input', { type: 'password', name: 'password', required: true, autocomplete: 'current-password' });
  main.replaceChildren(
    el('h1', {}, word('moderator')),
    el(
      'form',
      {
        submit: (event) => {
          event.preventDefault();
          void call(caller, 'POST', 'api/moderator/sign-in', { password: password.value }).then(overview).catch(failed);
        },
      },
      // Keepers of passwords ask under which name to keep one.
      el('input', { type: 'text', autocomplete: 'username', value: 'moderator', hidden: true }),
      el('label', {}, word('password'), password),
      el('button', { type: 'submit', class: 'main' }, word('signIn')),
    ),
  );
}

async function overview(): Promise<void> {
  const all = await call(caller, 'GET', 'api/moderator/overview');
  say('');
  main.replaceChildren(
    el('h1', {}, word('moderator')),
    numbers(part(all, 'participation')),
    flags(items(all, 'suspects')),
    rankingTables(items(all, 'rankings'), word, true),
    reports(items(all, 'reports')),
    exports(),
    el(
      'button',
      { type: 'button', click: () => void call(caller, 'POST', 'api/moderator/sign-out').then(signIn).catch(failed) },
      word('signOut'),
    ),
  );
}

function numbers(of: unknown): HTMLElement {
  const rows = ['participants', 'votes', 'battles', 'voided', 'named', 'banned'].map((key) =>
    el('tr', {}, el('th', { scope: 'row' }, word(key)), el('td', { class: 'number' }, String(Number(part(of, key))))),
  );
  const groups = (name: 'education' | 'level') =>
    items(of, name).map((g) => ({ name: word(`${name}.${field(g, 'name')}`), value: Number(part(g, 'votes')) }));
  return el(
    'section',
    {},
    el('h2', {}, word('participation')),
    el('table', {}, el('tbody', {}, ...rows)),
    el('h3', {}, word('perDay')),
    bars(
      word('perDay'),
      items(of, 'days').map((d) => ({ name: field(d, 'name'), value: Number(part(d, 'votes')) })),
    ),
    el('h3', {}, word('perEducation')),
    bars(word('perEducation'), groups('education')),
    el('h3', {}, word('perLevel')),
    bars(word('perLevel'), groups('level')),
  );
}

function flags(suspects: readonly unknown[]): HTMLElement {
  const section = el('section', {}, el('h2', {}, word('flags')));
  if (suspects.length === 0) {
    section.append(el('p', {}, word('noFlags')));
    return section;
  }
  const rows = suspects.map((suspect) => {
    const participant = field(suspect, 'participant');
    const banned = part(suspect, 'banned') === true;
    const found = items(suspect, 'flags').map((flag) => {
      const p = part(flag, 'p');
      const count = fill(word('flagOf'), { count: Number(part(flag, 'count')), of: Number(part(flag, 'of')) });
      const about = field(flag, 'about');
      const chance = typeof p === 'number' ? `, ${fill(word('chance'), { p: p.toExponential(1) })}` : '';
      return el('li', {}, `${word(`flag.${field(flag, 'kind')}`)}${about === '' ? '' : ` (${about})`}: ${count}${chance}`);
    });
    const neighbours = Number(part(suspect, 'sameAddress'));
    if (neighbours > 1) found.push(el('li', {}, fill(word('sameAddress'), { n: neighbours })));
    const ban = (on: boolean): void =>
      void call(caller, 'POST', 'api/moderator/ban', {
        participant,
        banned: on,
        note: items(suspect, 'flags')
          .map((f) => field(f, 'kind'))
          .join(', '),
      })
        .then(overview)
        .catch(failed);
    const remove = el('details', {}, el('summary', {}, word('remove')), el('p', {}, word('deleteSure')));
    remove.append(
      el(
        'button',
        { type: 'button', click: () => void call(caller, 'POST', 'api/moderator/delete', { participant }).then(overview).catch(failed) },
        word('deleteYes'),
      ),
    );
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, participant.slice(0, 8)),
      el('td', { class: 'number' }, String(Number(part(suspect, 'votes')))),
      el('td', {}, el('ul', {}, ...found)),
      el('td', {}, el('button', { type: 'button', click: () => ban(!banned) }, word(banned ? 'unban' : 'ban')), remove),
    );
  });
  const head = ['participant', 'votes', 'evidence', 'action'].map((key) => el('th', { scope: 'col' }, word(key)));
  const table = el('table', { id: 'flags' }, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows));
  section.append(el('div', { class: 'scroll', tabindex: '0' }, table));
  return section;
}

function reports(list: readonly unknown[]): HTMLElement {
  const section = el('section', {}, el('h2', {}, word('reports')));
  if (list.length === 0) section.append(el('p', {}, word('noReports')));
  for (const report of list) {
    const sides = (['a', 'b'] as const).map((side) =>
      el('div', {}, el('h3', {}, field(part(report, side), 'model')), el('p', { class: 'you' }, field(part(report, side), 'answer'))),
    );
    section.append(
      el(
        'details',
        {},
        el('summary', {}, field(report, 'message')),
        el('p', { class: 'you' }, field(report, 'prompt')),
        el('div', { class: 'sides' }, ...sides),
      ),
    );
  }
  return section;
}

function exports(): HTMLElement {
  return el(
    'section',
    {},
    el('h2', {}, word('exports')),
    el(
      'ul',
      {},
      el('li', {}, el('a', { href: 'api/moderator/battles.csv', download: 'battles.csv' }, word('exportCsv'))),
      el('li', {}, el('a', { href: 'api/moderator/battles.jsonl', download: 'battles.jsonl' }, word('exportReleased'))),
    ),
  );
}

async function begin(): Promise<void> {
  const start = await call(caller, 'GET', `api/moderator/start${location.search}`);
  words = part(start, 'words');
  caller.csrf = field(start, 'csrf');
  await overview();
}

void begin().catch(failed);
