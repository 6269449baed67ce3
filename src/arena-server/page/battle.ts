/// <reference lib="dom" />
/** One battle on the page: prompt, both answers, vote, next. */
import { h } from '../../page/dom.js';
import type { BattleView, Revealed } from '../battle-routes.js';
import type { Start } from '../participant-routes.js';
import type { StoredVote } from '../votes.js';
import { attempt, call, failed, form, Refused, say, submitButton, word } from './frame.js';
import { markdown } from './markdown.js';
import { type VoteChoices, voteForm } from './vote.js';

const pathOf = (battle: string, what = ''): string => `api/battles/${encodeURIComponent(battle)}${what}`;

/** Returns a name for a prompt, so that the same prompt sent twice is one. */
function newRequest(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * Shows battles in an element, the open one first if there is one.
 */
export function battles(place: HTMLElement, { battle: open, mostCharacters, mostTurns }: Start): void {
  let battle: string | null = null;
  let turns = 0;
  let listening = new AbortController();
  /** The same prompt keeps its name while it is sent again. */
  let request = { text: '', name: '' };
  const notice = h('div');
  const talk = h('div');
  const below = h('div');
  const prompt = h('textarea', { id: 'prompt', maxlength: mostCharacters, required: true });
  const sendButton = submitButton(word('send'));
  const hint = h('p', { class: 'hint' }, word('promptHint'));
  const writing = form(send, h('label', { for: 'prompt' }, word('prompt')), prompt, hint, sendButton);
  writing.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) writing.requestSubmit();
  });
  place.replaceChildren(notice, talk, writing, below);

  async function send(): Promise<void> {
    const text = prompt.value;
    if (text.trim() === '') throw new Refused('error.empty-prompt');
    if (request.text !== text) request = { text, name: newRequest() };
    prompt.disabled = sendButton.disabled = true;
    stopVoting();
    try {
      const body = { request: request.name, prompt: text, battle };
      const started = await call<{ battle: string; turn: number }>('POST', 'api/prompts', body);
      if (battle === null) {
        notice.replaceChildren();
        talk.replaceChildren();
      }
      battle = started.battle;
      turns = started.turn;
      request = { text: '', name: '' };
      follow(battle, turns, text);
    } catch (error) {
      prompt.disabled = sendButton.disabled = false;
      throw error;
    }
  }

  function stopVoting(): void {
    listening.abort();
    listening = new AbortController();
    below.replaceChildren();
  }

  /** Adds a turn to the page: two answers that fill with text. */
  function showTurn(text: string, turn: number): { readonly element: HTMLElement; set(a: string, b: string, busy: boolean): void } {
    const answers = (['a', 'b'] as const).map((side) => {
      const id = `answer-${turn}-${side}`;
      const body = h('div');
      const title = h('h2', { id }, word(side === 'a' ? 'answerA' : 'answerB'));
      return { article: h('article', { class: 'answer', 'aria-labelledby': id, 'aria-busy': 'true' }, title, body), body, side };
    });
    const element = h(
      'section',
      { 'aria-label': word('turn', { n: turn }) },
      h('p', { class: 'you' }, h('strong', {}, `${word('you')}: `), text),
      h('div', { class: 'sides' }, ...answers.map((answer) => answer.article)),
    );
    talk.append(element);
    return {
      element,
      set: (a, b, busy) => {
        for (const { article, body, side } of answers) {
          body.replaceChildren(markdown(side === 'a' ? a : b));
          article.setAttribute('aria-busy', String(busy));
        }
      },
    };
  }

  function follow(id: string, turn: number, text: string): void {
    writing.hidden = true;
    const shown = showTurn(text, turn);
    say(word('waiting'));
    let [a, b] = ['', ''];
    const events = new EventSource(pathOf(id, `/turns/${turn}`));
    const parsed = (event: MessageEvent<string>): { readonly a: string; readonly b: string } => JSON.parse(event.data);
    events.addEventListener('text', (event) => {
      const more = parsed(event);
      [a, b] = [a + more.a, b + more.b];
      say('');
      shown.set(a, b, true);
    });
    events.addEventListener('whole', (event) => {
      ({ a, b } = parsed(event));
      shown.set(a, b, true);
    });
    events.addEventListener('done', () => {
      events.close();
      shown.set(a, b, false);
      say(word('answersReady'));
      prompt.value = '';
      askOn(id, null);
    });
    events.addEventListener('void', () => {
      events.close();
      battle = null;
      shown.element.remove();
      prompt.value = text;
      ready('send');
      failed(new Refused('voidBattle'));
    });
    events.addEventListener('error', () => {
      if (events.readyState !== EventSource.CLOSED) return say(word('error.connection'));
      // Refused, not only interrupted: what became of the turn is asked again.
      setTimeout(() => attempt(() => resume(id)), 1000);
    });
  }

  function ready(label: 'send' | 'goOn'): void {
    writing.hidden = false;
    prompt.disabled = sendButton.disabled = false;
    sendButton.textContent = word(label);
  }

  /** The vote, and below it the way to go on with the conversation. */
  function askOn(id: string, vote: StoredVote | null): void {
    let revision = vote?.revision ?? 0;
    let sending: Promise<unknown> = Promise.resolve();
    const voting = voteForm(vote, changed, () => next(id), listening.signal);

    function changed(choices: VoteChoices): void {
      revision++;
      const own = revision;
      voting.setStored(false);
      say(word('voteStoring'));
      // One after the other, so that the last one is the last to arrive.
      sending = sending
        .then(() => call('PUT', pathOf(id, '/vote'), { ...choices, revision: own }))
        .then(() => {
          if (own !== revision) return;
          // The conversation is over with the first vote.
          writing.hidden = true;
          voting.setStored(true);
          say(word('voteStored'));
        })
        .catch(failed);
    }

    below.replaceChildren(voting.element, reportForm(id));
    if (vote === null && turns < mostTurns) ready('goOn');
    else writing.hidden = true;
    voting.element.scrollIntoView({ block: 'nearest' });
  }

  async function next(id: string): Promise<void> {
    const { models } = await call<Revealed>('POST', pathOf(id, '/reveal'));
    const text = word('revealed', models);
    stopVoting();
    battle = null;
    turns = 0;
    talk.replaceChildren();
    notice.replaceChildren(h('p', { class: 'notice', id: 'revealed' }, text));
    say(text);
    ready('send');
    prompt.value = '';
    prompt.focus();
  }

  function reportForm(id: string): HTMLElement {
    const report = form(
      async (entered) => {
        await call('POST', pathOf(id, '/report'), { message: entered('message') });
        report.replaceWith(h('p', {}, word('reported')));
        say(word('reported'));
      },
      h('label', { for: 'report' }, word('reportWhat')),
      h('textarea', { id: 'report', name: 'message', maxlength: '2000', required: true }),
      h('button', { type: 'submit' }, word('reportSend')),
    );
    return h('details', {}, h('summary', {}, word('report')), report);
  }

  /** Goes on where the participant was: a page that was closed, or a connection that was lost. */
  async function resume(id: string): Promise<void> {
    const known = await call<BattleView>('GET', pathOf(id));
    stopVoting();
    talk.replaceChildren();
    battle = null;
    if (known.state !== 'open') return ready('send');
    battle = id;
    turns = known.turns.length;
    for (const { turn, prompt: text, state, a, b } of known.turns) {
      if (state === 'running') return follow(id, turn, text);
      showTurn(text, turn).set(a ?? '', b ?? '', false);
    }
    askOn(id, known.vote);
  }

  if (open !== null) attempt(() => resume(open));
}
