/// <reference lib="dom" />
/** The questions about two answers, by mouse and by keyboard. */
import { h } from '../../page/dom.js';
import { CHOICES, type Choice, contradict } from '../choice.js';
import type { Vote } from '../votes.js';
import { button, word } from './frame.js';

/** A vote before it has its revision. */
export type VoteChoices = Omit<Vote, 'revision'>;

/** Each question with its choices, and the key of each. */
const QUESTIONS = [
  { name: 'content', ask: 'askContent', choices: CHOICES, keys: '1234' },
  { name: 'language', ask: 'askLanguage', choices: CHOICES, keys: '5678' },
  // Asked where content and language point to different sides; both bad is no answer to that.
  { name: 'whole', ask: 'askWhole', choices: ['a', 'b', 'tie'], keys: '90-' },
] as const;
type QuestionName = (typeof QUESTIONS)[number]['name'];

/** The form of one vote. */
export interface VoteForm {
  readonly element: HTMLElement;
  /** Lets the participant go on, once the vote is stored. */
  setStored(stored: boolean): void;
}

/**
 * Returns the form, with a vote that is stored already if there is one. `changed` hears every complete vote, `next` that the participant goes on; keys are heard until `signal` is aborted.
 */
export function voteForm(
  stored: VoteChoices | null,
  changed: (vote: VoteChoices) => void,
  next: () => Promise<void>,
  signal: AbortSignal,
): VoteForm {
  const chosen: Record<QuestionName, Choice | null> = { content: stored?.content ?? null, language: stored?.language ?? null, whole: null };
  if (contradiction()) chosen.whole = stored?.whole ?? null;
  const reason = h('textarea', { id: 'reason', maxlength: '2000', onchange: () => send() });
  reason.value = stored?.reason ?? '';
  const nextButton = button(word('next'), next, { class: 'main', disabled: stored === null });
  const byKey = new Map<string, () => void>([['n', () => nextButton.click()]]);
  const updates: (() => void)[] = [];
  const groups = QUESTIONS.map(({ name, ask, choices, keys }) => {
    const buttons = choices.map((choice, i) => {
      const act = (): void => choose(name, choice);
      const made = button(word(`choice.${choice}`), act, { 'aria-keyshortcuts': keys.charAt(i) });
      byKey.set(keys.charAt(i), act);
      updates.push(() => made.setAttribute('aria-pressed', String(chosen[name] === choice)));
      return made;
    });
    const hint = name === 'whole' ? h('p', { class: 'hint' }, word('whyWhole')) : null;
    const group = h('fieldset', {}, h('legend', {}, word(ask)), hint, ...buttons);
    updates.push(() => {
      group.hidden = name === 'whole' && !contradiction();
    });
    return group;
  });
  show();

  function contradiction(): boolean {
    return chosen.content !== null && chosen.language !== null && contradict(chosen.content, chosen.language);
  }

  function show(): void {
    for (const update of updates) update();
  }

  function choose(name: QuestionName, choice: Choice): void {
    if (name === 'whole' && !contradiction()) return;
    chosen[name] = choice;
    if (!contradiction()) chosen.whole = null;
    show();
    send();
  }

  function send(): void {
    const { content, language, whole } = chosen;
    if (content === null || language === null || (contradiction() && whole === null)) setStored(false);
    else changed({ content, language, whole, reason: reason.value.trim() || null });
  }

  function setStored(isStored: boolean): void {
    nextButton.disabled = !isStored;
  }

  const onKey = (event: KeyboardEvent): void => {
    const to = event.target;
    const writing = to instanceof HTMLTextAreaElement || to instanceof HTMLInputElement || to instanceof HTMLSelectElement;
    if (!writing && !event.ctrlKey && !event.altKey && !event.metaKey) byKey.get(event.key.toLowerCase())?.();
  };
  document.addEventListener('keydown', onKey, { signal });
  const element = h(
    'section',
    { 'aria-labelledby': 'vote-title' },
    h('h2', { id: 'vote-title' }, word('vote')),
    ...groups,
    h('label', { for: 'reason' }, word('reason')),
    reason,
    h('p', { class: 'hint' }, word('keys')),
    nextButton,
  );
  return { element, setStored };
}
