/// <reference lib="dom" />
/** Elements built from text. Nothing here, and nothing that uses it, reads text as markup. */

export type Child = Node | string | null;
type Attributes = Readonly<Record<string, string | boolean | null | ((event: Event) => void)>>;

/**
 * Returns an element with attributes and children; a function becomes the listener of its event, `true` an attribute without a value, `false` and null none.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (typeof value === 'string') made.setAttribute(name, value);
  }
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

/** Returns the element with this id. Throws where the page has none. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element #${id}`);
  return found;
}

/** Fills `{name}` in a word. */
export function fill(word: string, values: Readonly<Record<string, string | number>>): string {
  return word.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
