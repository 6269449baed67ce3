/// <reference lib="dom" />
/** The questions about two answers, by mouse and by keyboard. */
import { el } from './elements.js';

export interface VoteChoices {
  readonly content: string;
  readonly language: string;
  readonly whole: string | null;
  readonly reason: string | null;
}

interface Question {
  readonly name: 'content' | 'language' | 'whole';
  readonly choices: readonly string[];
  readonly keys: readonly string[];
}

const QUESTIONS: readonly Question[] = [
  { name: 'content', choices: ['a', 'b', 'tie', 'bad'], keys: ['1', '2', '3', '4'] },
  { name: 'language', choices: ['a', 'b', 'tie', 'bad'], keys: ['5', '6', '7', '8'] },
  // Asked where content and language point to different sides; both bad is no answer to that.
  { name: 'whole', choices: ['a', 'b', 'tie'], keys: ['9', '0', '-'] },
];
const WORD = { content: 'askContent', language: 'askLanguage', whole: 'askWhole' } as const;

/** The form of one vote. */
export interface VoteForm {
  readonly element: HTMLElement;
  /** Shows a vote that is stored already. */
  set(vote: VoteChoices): void;
  /** Lets the participant go on, once the vote is stored. */
  setStored(stored: boolean): void;
}

/**
 * Returns the form. `changed` hears every complete vote, `next` that the participant goes on.
 */
export function voteForm(
  word: (key: string) => string,
  changed: (vote: VoteChoices) => void,
  next: () => void,
  signal: AbortSignal,
): VoteForm {
  const chosen: Record<Question['name'], string | null> = { content: null, language: null, whole: null };
  const buttons = new Map<string, HTMLButtonElement>();
  const reason = el('textarea', { id: 'reason', maxlength: '2000', change: () => send() });
  const nextButton = el('button', { type: 'button', class: 'main', disabled: true, click: () => next() }, word('next'));
  const groups = QUESTIONS.map((question) => {
    const made = question.choices.map((choice, i) => {
      const button = el(
        'button',
        { type: 'button', 'aria-pressed': 'false', 'aria-keyshortcuts': question.keys[i] ?? null, click: () => choose(question, choice) },
        word(`choice.${choice}`),
      );
      buttons.set(`${question.name}/${choice}`, button);
      return button;
    });
    const hint = question.name === 'whole' ? el('p', { class: 'hint' }, word('whyWhole')) : null;
    return el('fieldset', { hidden: question.name === 'whole' }, el('legend', {}, word(WORD[question.name])), hint, ...made);
  });

  function contradiction(): boolean {
    return (chosen.content === 'a' && chosen.language === 'b') || (chosen.content === 'b' && chosen.language === 'a');
  }

  function show(): void {
    for (const [key, button] of buttons) {
      const [name, choice] = key.split('/');
      const on = (name === 'content' || name === 'language' || name === 'whole') && chosen[name] === choice;
      button.setAttribute('aria-pressed', String(on));
    }
    const whole = groups[2];
    if (whole !== undefined) whole.hidden = !contradiction();
  }

  function choose(question: Question, choice: string): void {
    if (question.name === 'whole' && !contradiction()) return;
    chosen[question.name] = choice;
    if (!contradiction()) chosen.whole = null;
    show();
    send();
  }

  function send(): void {
    const { content, language, whole } = chosen;
    if (content === null || language === null || (contradiction() && whole === null)) {
      setStored(false);
      return;
    }
    const why = reason.value.trim();
    changed({ content, language, whole, reason: why === '' ? null : why });
  }

  function setStored(stored: boolean): void {
    nextButton.disabled = !stored;
  }

  document.addEventListener(
    'keydown',
    (event) => {
      const at = event.target;
      const writing = at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement || at instanceof HTMLSelectElement;
      if (writing || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key.toLowerCase() === 'n' && !nextButton.disabled) {
        next();
        return;
      }
      for (const question of QUESTIONS) {
        const choice = question.choices[question.keys.indexOf(event.key)];
        if (choice !== undefined) choose(question, choice);
      }
    },
    { signal },
  );
  const element = el(
    'section',
    { 'aria-labelledby': 'vote-title' },
    el('h2', { id: 'vote-title' }, word('vote')),
    ...groups,
    el('label', { for: 'reason' }, word('reason')),
    reason,
    el('p', { class: 'hint' }, word('keys')),
    nextButton,
  );
  return {
    element,
    set: (vote) => {
      chosen.content = vote.content;
      chosen.language = vote.language;
      chosen.whole = contradiction() ? vote.whole : null;
      reason.value = vote.reason ?? '';
      show();
    },
    setStored,
  };
}
