/// <reference lib="dom" />
/** The page of participants: registration, battles, account. */
import { h } from '../../page/dom.js';
import type { Registered, Start } from '../participant-routes.js';
import type { LiveRanking } from '../ranking.js';
import { battles } from './battle.js';
import { attempt, button, call, form, main, page, say, submitButton, word } from './frame.js';
import { markdown } from './markdown.js';
import { rankingTables } from './ranking-table.js';

page.refused = (refusal) => {
  if (refusal === 'error.sign-in' || refusal === 'error.consent-needed') attempt(begin);
  return false;
};

async function begin(): Promise<void> {
  const start = await call<Start>('GET', `api/start${location.search}`);
  page.csrf = start.csrf;
  const { name, participant } = start;
  if (participant === null) welcome(start);
  else if (participant.banned) main.replaceChildren(h('h1', {}, name), h('p', { class: 'notice' }, word('error.banned')), account());
  else if (!participant.consented) consentAgain(start, participant.shareTexts);
  else {
    const place = h('div');
    const { rankings } = start.rankingPublic ? await call<{ rankings: readonly LiveRanking[] }>('GET', 'api/ranking') : { rankings: [] };
    main.replaceChildren(h('h1', {}, name), texts(start, false), place, account());
    if (start.rankingPublic) main.append(rankingTables(rankings, false));
    battles(place, start);
  }
}

/** Guidelines and privacy notice with their versions. */
function texts(start: Start, open: boolean): HTMLElement {
  const documents = (['guidelines', 'privacy'] as const).map((key) => {
    const { version, text } = start[key];
    return h('details', { open }, h('summary', {}, `${word(key)} (${word('version', { n: version })})`), markdown(text));
  });
  return h('section', {}, ...documents);
}

function choice(name: string, values: readonly string[], required: boolean): HTMLElement {
  const options = values.map((value) => h('option', { value }, word(`${name}.${value}`)));
  const none = h('option', { value: '' }, word(required ? 'choose' : 'notSaid'));
  return h('div', {}, h('label', { for: name }, word(name)), h('select', { id: name, name, required }, none, ...options));
}

function check(name: string, required: boolean, checked = false): HTMLElement {
  return h('label', { class: 'check' }, h('input', { type: 'checkbox', name, required, checked }), h('span', {}, word(name)));
}

function textField(name: string): HTMLElement {
  const field = h('input', { type: 'text', name, required: true, autocomplete: 'off', spellcheck: 'false' });
  return h('label', {}, word(name), field);
}

/** Consent to the texts as they are shown. */
function agreed(start: Start, entered: (name: string) => string): object {
  const { privacy, guidelines } = start;
  const shareTexts = entered('shareTexts') !== '';
  return { consent: true, shareTexts, privacyVersion: privacy.version, guidelinesVersion: guidelines.version };
}

function welcome(start: Start): void {
  const { levels, educations, ages } = start.profile;
  const register = form(
    async (entered) => {
      const { csrf, passphrase } = await call<Registered>('POST', 'api/register', {
        language: start.language,
        level: entered('level'),
        education: entered('education'),
        age: entered('age') || null,
        invitation: start.invitationNeeded ? entered('invitation') : null,
        ...agreed(start, entered),
      });
      page.csrf = csrf;
      showPassphrase(passphrase);
    },
    choice('level', levels, true),
    choice('education', educations, true),
    choice('age', ages, false),
    start.invitationNeeded ? textField('invitation') : null,
    check('consent', true),
    check('shareTexts', false),
    submitButton(word('registerButton')),
  );
  const comeBack = form(
    async (entered) => {
      page.csrf = (await call<{ csrf: string }>('POST', 'api/return', { passphrase: entered('passphrase') })).csrf;
      await begin();
    },
    textField('passphrase'),
    h('button', { type: 'submit' }, word('comeBackButton')),
  );
  main.replaceChildren(
    h('h1', {}, word('welcome')),
    texts(start, true),
    h('h2', {}, word('register')),
    register,
    h('h2', {}, word('comeBack')),
    comeBack,
  );
}

function showPassphrase(text: string): void {
  main.replaceChildren(
    h('h1', {}, word('passphraseTitle')),
    h('p', { class: 'notice passphrase', id: 'passphrase', tabindex: '0' }, text),
    h('p', {}, word('passphraseKeep')),
    button(word('passphraseKept'), begin, { class: 'main' }),
  );
  main.focus();
}

function consentAgain(start: Start, shared: boolean): void {
  const accept = form(
    async (entered) => {
      await call('POST', 'api/consent', agreed(start, entered));
      await begin();
    },
    check('consent', true),
    check('shareTexts', false, shared),
    submitButton(word('accept')),
  );
  const notice = h('p', { class: 'notice' }, word('consentAgain'));
  main.replaceChildren(h('h1', {}, start.name), notice, texts(start, true), accept, account());
}

function account(): HTMLElement {
  const leave = async (path: string, said: string): Promise<void> => {
    await call('POST', path);
    await begin();
    say(said);
  };
  const hide = (hidden: boolean) => () => {
    sure.hidden = hidden;
  };
  const sure: HTMLElement = h(
    'div',
    { hidden: true },
    h('p', {}, word('deleteSure')),
    button(word('deleteYes'), () => leave('api/delete-me', word('deleted'))),
    button(word('cancel'), hide(true)),
  );
  const signOut = button(word('signOut'), () => leave('api/leave', ''));
  return h('details', {}, h('summary', {}, word('account')), signOut, button(word('deleteAll'), hide(false)), sure);
}

attempt(begin);
