/// <reference lib="dom" />
/** The page of participants: registration, battles, account. */
import { battles } from './battle.js';
import { byId, el, fill } from './elements.js';
import { markdown } from './markdown.js';
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
  status.className = 'error';
  if (!(error instanceof Refused)) {
    status.textContent = word('error.bad-request');
    throw error;
  }
  status.textContent = fill(word(error.word), { n: limit });
  if (error.word === 'error.sign-in' || error.word === 'error.consent-needed') void begin().catch(failed);
}

let limit = 0;

async function begin(): Promise<void> {
  const start = await call(caller, 'GET', `api/start${location.search}`);
  words = part(start, 'words');
  caller.csrf = field(start, 'csrf');
  limit = Number(part(start, 'mostCharacters'));
  const participant = part(start, 'participant');
  if (participant === null) return welcome(start);
  if (part(participant, 'banned') === true) {
    main.replaceChildren(el('h1', {}, field(start, 'name')), el('p', { class: 'notice' }, word('error.banned')), account());
    return;
  }
  if (part(participant, 'consented') !== true) return consentAgain(start, part(participant, 'shareTexts') === true);
  const place = el('div', {});
  main.replaceChildren(el('h1', {}, field(start, 'name')), texts(start, false), place, account(), await publicRanking(start));
  const open = field(start, 'battle');
  battles(
    place,
    { caller, word, say, failed, mostCharacters: limit, mostTurns: Number(part(start, 'mostTurns')) },
    open === '' ? null : open,
  );
}

async function publicRanking(start: unknown): Promise<HTMLElement> {
  if (part(start, 'rankingPublic') !== true) return el('div', {});
  return rankingTables(items(await call(caller, 'GET', 'api/ranking'), 'rankings'), word, false);
}

/** Guidelines and privacy notice with their versions. */
function texts(start: unknown, open: boolean): HTMLElement {
  const made = el('section', {});
  for (const key of ['guidelines', 'privacy'] as const) {
    const document = part(start, key);
    made.append(
      el(
        'details',
        { open: open },
        el('summary', {}, `${word(key)} (${fill(word('version'), { n: field(document, 'version') })})`),
        markdown(field(document, 'text')),
      ),
    );
  }
  return made;
}

function choice(name: string, label: string, values: readonly string[], optional: boolean): HTMLElement {
  const select = el('select', { id: name, name, required: !optional });
  select.append(el('option', { value: '' }, word(optional ? 'notSaid' : 'choose')));
  for (const value of values) select.append(el('option', { value }, word(`${name}.${value}`)));
  return el('div', {}, el('label', { for: name }, label), select);
}

function check(name: string, label: string, required: boolean, checked = false): HTMLElement {
  return el('label', { class: 'check' }, el('input', { type: 'checkbox', name, required, checked }), el('span', {}, label));
}

function entered(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}

function versions(start: unknown): { privacyVersion: string; guidelinesVersion: string } {
  return { privacyVersion: field(part(start, 'privacy'), 'version'), guidelinesVersion: field(part(start, 'guidelines'), 'version') };
}

/** A form that sends itself once at a time. */
function form(submit: (form: HTMLFormElement) => Promise<void>, ...children: readonly (HTMLElement | null)[]): HTMLFormElement {
  let busy = false;
  const made: HTMLFormElement = el(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        void submit(made)
          .catch(failed)
          .finally(() => {
            busy = false;
          });
      },
    },
    ...children,
  );
  return made;
}

function welcome(start: unknown): void {
  const profile = part(start, 'profile');
  const list = (name: string): string[] => items(profile, name).map(String);
  const needed = part(start, 'invitationNeeded') === true;
  const register = form(
    async (sent) => {
      const reply = await call(caller, 'POST', 'api/register', {
        language: field(start, 'language'),
        level: entered(sent, 'level'),
        education: entered(sent, 'education'),
        age: entered(sent, 'age') || null,
        shareTexts: entered(sent, 'shareTexts') !== '',
        consent: true,
        invitation: needed ? entered(sent, 'invitation') : null,
        ...versions(start),
      });
      caller.csrf = field(reply, 'csrf');
      passphrase(field(reply, 'passphrase'));
    },
    choice('level', word('level'), list('levels'), false),
    choice('education', word('education'), list('educations'), false),
    choice('age', word('age'), list('ages'), true),
    needed
      ? el('label', {}, word('invitation'), el('input', { type: 'text', name: 'invitation', required: true, autocomplete: 'off' }))
      : null,
    check('consent', word('consent'), true),
    check('shareTexts', word('shareTexts'), false),
    el('button', { type: 'submit', class: 'main' }, word('registerButton')),
  );
  const comeBack = form(
    async (sent) => {
      const reply = await call(caller, 'POST', 'api/return', { passphrase: entered(sent, 'passphrase') });
      caller.csrf = field(reply, 'csrf');
      await begin();
    },
    el(
      'label',
      {},
      word('passphrase'),
      el('input', { type: 'text', name: 'passphrase', required: true, autocomplete: 'off', spellcheck: 'false' }),
    ),
    el('button', { type: 'submit' }, word('comeBackButton')),
  );
  main.replaceChildren(
    el('h1', {}, word('welcome')),
    texts(start, true),
    el('h2', {}, word('register')),
    register,
    el('h2', {}, word('comeBack')),
    comeBack,
  );
}

function passphrase(text: string): void {
  main.replaceChildren(
    el('h1', {}, word('passphraseTitle')),
    el('p', { class: 'notice passphrase', id: 'passphrase', tabindex: '0' }, text),
    el('p', {}, word('passphraseKeep')),
    el('button', { type: 'button', class: 'main', click: () => void begin().catch(failed) }, word('passphraseKept')),
  );
  main.focus();
}

function consentAgain(start: unknown, shared: boolean): void {
  main.replaceChildren(
    el('h1', {}, field(start, 'name')),
    el('p', { class: 'notice' }, word('consentAgain')),
    texts(start, true),
    form(
      async (sent) => {
        await call(caller, 'POST', 'api/consent', { consent: true, shareTexts: entered(sent, 'shareTexts') !== '', ...versions(start) });
        await begin();
      },
      check('consent', word('consent'), true),
      check('shareTexts', word('shareTexts'), false, shared),
      el('button', { type: 'submit', class: 'main' }, word('accept')),
    ),
    account(),
  );
}

function account(): HTMLElement {
  const sure = el('div', { hidden: true });
  const after = async (path: string, said: string): Promise<void> => {
    await call(caller, 'POST', path);
    await begin();
    say(said);
  };
  sure.append(
    el('p', {}, word('deleteSure')),
    el('button', { type: 'button', click: () => void after('api/delete-me', word('deleted')).catch(failed) }, word('deleteYes')),
    el(
      'button',
      {
        type: 'button',
        click: () => {
          sure.hidden = true;
        },
      },
      word('cancel'),
    ),
  );
  return el(
    'details',
    {},
    el('summary', {}, word('account')),
    el('button', { type: 'button', click: () => void after('api/leave', '').catch(failed) }, word('signOut')),
    el(
      'button',
      {
        type: 'button',
        click: () => {
          sure.hidden = false;
        },
      },
      word('deleteAll'),
    ),
    sure,
  );
}

void begin().catch(failed);
