/// <reference lib="dom" />
/** One battle on the page: prompt, both answers, vote, next. */
import { el, fill } from './elements.js';
import { markdown } from './markdown.js';
import { type Caller, call, field, items, newRequest, part, Refused } from './requests.js';
import { type VoteChoices, voteForm } from './vote.js';

export interface BattleContext {
  readonly caller: Caller;
  readonly word: (key: string) => string;
  readonly mostCharacters: number;
  readonly mostTurns: number;
  readonly say: (text: string) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Shows battles in an element, the open one first if there is one.
 */
export function battles(place: HTMLElement, context: BattleContext, open: string | null): void {
  const { caller, word, say, failed } = context;
  let battle: string | null = null;
  let turns = 0;
  let listening = new AbortController();
  const notice = el('div', {});
  const talk = el('div', {});
  const below = el('div', {});
  const prompt = el('textarea', { id: 'prompt', maxlength: String(context.mostCharacters), required: true });
  const sendButton = el('button', { type: 'submit', class: 'main' }, word('send'));
  const form = el(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        void send();
      },
      keydown: (event) => {
        if (event instanceof KeyboardEvent && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
      },
    },
    el('label', { for: 'prompt' }, word('prompt')),
    prompt,
    el('p', { class: 'hint' }, word('promptHint')),
    sendButton,
  );
  place.replaceChildren(notice, talk, form, below);

  /** The same prompt keeps its name while it is sent again. */
  let request = { text: '', name: '' };

  async function send(): Promise<void> {
    const text = prompt.value;
    if (sendButton.disabled) return;
    if (text.trim() === '') return failed(new Refused('error.empty-prompt', ''));
    if (request.text !== text) request = { text, name: newRequest() };
    sendButton.disabled = true;
    prompt.disabled = true;
    stopVoting();
    try {
      const started = await call(caller, 'POST', 'api/prompts', { request: request.name, prompt: text, battle });
      if (battle === null) {
        notice.replaceChildren();
        talk.replaceChildren();
      }
      battle = field(started, 'battle');
      turns = Number(part(started, 'turn'));
      request = { text: '', name: '' };
      follow(battle, turns, text);
    } catch (error) {
      sendButton.disabled = false;
      prompt.disabled = false;
      failed(error);
    }
  }

  function stopVoting(): void {
    listening.abort();
    listening = new AbortController();
    below.replaceChildren();
  }

  /** Two answers that fill with text. */
  function sides(
    text: string,
    turn: number,
  ): { readonly element: HTMLElement; readonly set: (a: string, b: string, busy: boolean) => void } {
    const answers = (['a', 'b'] as const).map((side) => {
      const id = `answer-${turn}-${side}`;
      const body = el('div', {});
      const article = el('article', { class: 'answer', 'aria-labelledby': id, 'aria-busy': 'true' });
      article.append(el('h2', { id }, word(side === 'a' ? 'answerA' : 'answerB')), body);
      return { article, body };
    });
    const element = el(
      'section',
      { 'aria-label': fill(word('turn'), { n: turn }) },
      el('p', { class: 'you' }, el('strong', {}, `${word('you')}: `), text),
      el('div', { class: 'sides' }, ...answers.map((a) => a.article)),
    );
    return {
      element,
      set: (a, b, busy) => {
        for (const [i, answer] of [a, b].entries()) {
          answers[i]?.body.replaceChildren(markdown(answer));
          answers[i]?.article.setAttribute('aria-busy', String(busy));
        }
      },
    };
  }

  function follow(id: string, turn: number, text: string): void {
    form.hidden = true;
    const shown = sides(text, turn);
    talk.append(shown.element);
    say(word('waiting'));
    let [a, b] = ['', ''];
    const events = new EventSource(`api/battles/${encodeURIComponent(id)}/turns/${turn}`);
    const parsed = (event: MessageEvent<string>): { a: string; b: string } => {
      const data: unknown = JSON.parse(event.data);
      return { a: field(data, 'a'), b: field(data, 'b') };
    };
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
      askOn(null);
    });
    events.addEventListener('void', () => {
      events.close();
      battle = null;
      shown.element.remove();
      prompt.value = text;
      ready(word('send'));
      failed(new Refused('voidBattle', ''));
    });
    events.addEventListener('error', () => {
      if (events.readyState !== EventSource.CLOSED) return say(word('error.connection'));
      // Refused, not only interrupted: what became of the turn is asked again.
      setTimeout(() => void resume(id).catch(failed), 1000);
    });
  }

  function ready(label: string): void {
    form.hidden = false;
    prompt.disabled = false;
    sendButton.disabled = false;
    sendButton.textContent = label;
  }

  /** The vote, and below it the way to go on with the conversation. */
  function askOn(vote: (VoteChoices & { readonly revision: number }) | null): void {
    const id = battle;
    if (id === null) return;
    let revision = vote?.revision ?? 0;
    let sending: Promise<unknown> = Promise.resolve();
    const formOfVote = voteForm(word, changed, () => void next(id).catch(failed), listening.signal);

    function changed(choices: VoteChoices): void {
      revision++;
      const own = revision;
      formOfVote.setStored(false);
      say(word('voteStoring'));
      // One after the other, so that the last one is the last to arrive.
      sending = sending
        .then(() => call(caller, 'PUT', `api/battles/${encodeURIComponent(id ?? '')}/vote`, { ...choices, revision: own }))
        .then(() => {
          if (own !== revision) return;
          // The conversation is over with the first vote.
          form.hidden = true;
          formOfVote.setStored(true);
          say(word('voteStored'));
        })
        .catch(failed);
    }

    if (vote !== null) {
      formOfVote.set(vote);
      formOfVote.setStored(true);
    }
    below.replaceChildren(formOfVote.element, reportForm(id));
    if (vote === null && turns < context.mostTurns) ready(word('goOn'));
    else form.hidden = true;
    formOfVote.element.scrollIntoView({ block: 'nearest' });
  }

  async function next(id: string): Promise<void> {
    const reply = await call(caller, 'POST', `api/battles/${encodeURIComponent(id)}/reveal`);
    const models = part(reply, 'models');
    const text = fill(word('revealed'), { a: field(models, 'a'), b: field(models, 'b') });
    stopVoting();
    battle = null;
    turns = 0;
    talk.replaceChildren();
    notice.replaceChildren(el('p', { class: 'notice', id: 'revealed' }, text));
    say(text);
    ready(word('send'));
    prompt.value = '';
    prompt.focus();
  }

  function reportForm(id: string): HTMLElement {
    const message = el('textarea', { id: 'report', maxlength: '2000', required: true });
    const made: HTMLElement = el(
      'details',
      {},
      el('summary', {}, word('report')),
      el(
        'form',
        {
          submit: (event) => {
            event.preventDefault();
            void call(caller, 'POST', `api/battles/${encodeURIComponent(id)}/report`, { message: message.value })
              .then(() => {
                made.replaceChildren(el('summary', {}, word('report')), el('p', {}, word('reported')));
                say(word('reported'));
              })
              .catch(failed);
          },
        },
        el('label', { for: 'report' }, word('reportWhat')),
        message,
        el('button', { type: 'submit' }, word('reportSend')),
      ),
    );
    return made;
  }

  /** Goes on where the participant was: a page that was closed, or a connection that was lost. */
  async function resume(id: string): Promise<void> {
    const known = await call(caller, 'GET', `api/battles/${encodeURIComponent(id)}`);
    stopVoting();
    talk.replaceChildren();
    const all = items(known, 'turns');
    if (field(known, 'state') !== 'open') {
      battle = null;
      ready(word('send'));
      return;
    }
    battle = id;
    turns = all.length;
    for (const turn of all) {
      const [n, text] = [Number(part(turn, 'turn')), field(turn, 'prompt')];
      if (field(turn, 'state') === 'running') return follow(id, n, text);
      const shown = sides(text, n);
      shown.set(field(turn, 'a'), field(turn, 'b'), false);
      talk.append(shown.element);
    }
    const vote = part(known, 'vote');
    askOn(
      vote === null
        ? null
        : {
            content: field(vote, 'content'),
            language: field(vote, 'language'),
            whole: field(vote, 'whole'),
            reason: field(vote, 'reason') || null,
            revision: Number(part(vote, 'revision')),
          },
    );
  }

  if (open !== null) void resume(open).catch(failed);
}
