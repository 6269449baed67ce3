/// <reference lib="dom" />
/** Light or dark: as the system says until somebody chooses. */
import { h } from './dom.js';

/**
 * Returns the button that changes sides; its label names the other one.
 */
export function themeButton(labels: { readonly dark: string; readonly light: string }): HTMLElement {
  const root = document.documentElement;
  const button = h('button', { type: 'button', class: 'tool', id: 'theme' });
  const dark = (): boolean => {
    const set = root.dataset.theme;
    return set === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : set === 'dark';
  };
  const label = (): void => {
    button.textContent = dark() ? labels.light : labels.dark;
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', label);
  button.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    label();
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      // Not allowed in a file on some browsers: then it holds until the page is left.
    }
  });
  label();
  return button;
}

/**
 * Sets the theme that was chosen before, where the browser kept it.
 */
export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem('theme');
    if (kept === 'dark' || kept === 'light') document.documentElement.dataset.theme = kept;
  } catch {
    // As the system says.
  }
}
