/** Elements of the page. Texts of models and data only ever become text nodes. */

type Child = Node | string | null | false;
type Properties = Readonly<Record<string, string | number | boolean | EventListener | null>>;

/**
 * Returns an element. `on...` properties are listeners, `true` sets an attribute, `false` and null leave it away.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

/**
 * Returns a choice of options; `choose` is called with the value of the one that is chosen.
 */
export function select(properties: Properties, options: readonly Child[], choose: (value: string) => void): HTMLSelectElement {
  const element = h('select', { class: 'tool', ...properties }, ...options);
  element.addEventListener('change', () => choose(element.value));
  return element;
}

/**
 * Returns a list of facts with their names; those that are null or empty are left out.
 */
export function factList(facts: readonly (readonly [string, string | HTMLElement | null])[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => (value === null || value === '' ? [] : [h('dt', {}, name), h('dd', {}, value)])),
  );
}

/**
 * Returns the element of an id; throws where the page lacks it.
 */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
