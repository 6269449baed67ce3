/** The page of `eus-eval view`: what it shows stands in its address, and every change goes through `change`. */
import { at } from '../../at.js';
import { keepAddress } from '../../page/address.js';
import { byId, h, select } from '../../page/dom.js';
import { restoreTheme } from '../../page/theme.js';
import { VIEW_WORDS, type ViewWords } from '../../page/view-words.js';
import { languageFor, numberText, translator } from '../../page/words.js';
import type { Exported } from '../export.js';
import { type Catalog, FILTERS, type Filter, FLIPS, type Pair, type Row, type Source, STATE, type Summary } from '../protocol.js';
import { hashOf, queryOf, type View, viewOf } from './address.js';
import { detailBody } from './detail.js';
import { embeddedSource } from './embedded.js';
import { pageHeader, runLabel } from './header.js';
import { helpDialog } from './help.js';
import { type DocumentList, documentList } from './list.js';
import { GoneError, remoteSource } from './remote.js';
import { fillRow, outcomeMarks } from './row.js';
import { countsOf, type Scope, scopeButton, scopesOf, subjectsOf } from './scopes.js';
import { statusLine } from './status.js';

/** Milliseconds between two looks at how far the reading of samples has come, and before a search begins. */
const LOOK_AGAIN = 700;
const TYPING = 250;

function start(source: Source, catalog: Catalog): void {
  const app = byId('app');
  let view = viewOf(location.hash, catalog, navigator.languages);
  let languageChosen = new URLSearchParams(location.hash.slice(1)).has('lang');
  let t: ViewWords = translator(VIEW_WORDS, view.language);
  let summary: Summary | null = null;
  let list: DocumentList;
  let unfolded = false;
  let looking: ReturnType<typeof setTimeout> | undefined;
  let typing: ReturnType<typeof setTimeout> | undefined;
  /** Rises with every change of what is shown, so that late answers are dropped. */
  let turn = 0;
  let opened = 0;

  const runInfo = () => catalog.runs.find(({ id }) => id === view.run);
  const scopes = (): Scope[] => {
    const run = runInfo();
    return run === undefined ? [] : scopesOf(run, t);
  };
  const scopeTasks = (): readonly string[] => scopes().find(({ name }) => name === view.scope)?.tasks ?? [];
  const nameOf = (id: string | null): string | null => {
    const run = catalog.runs.find((one) => one.id === id);
    return run === undefined ? null : runLabel(run, catalog, view.language, t);
  };
  const failed = (error: unknown): void => {
    byId('status').textContent =
      error instanceof GoneError ? t('gone') : t('failed', { text: error instanceof Error ? error.message : String(error) });
  };

  const change = (part: Partial<View>): void => {
    const before = view;
    view = { ...view, ...part };
    if (view.run !== before.run || view.scope !== before.scope) view = { ...view, subject: part.subject ?? null };
    if (!scopes().some(({ name }) => name === view.scope)) view = { ...view, scope: 'all' };
    if (part.language !== undefined) languageChosen = true;
    keepAddress(hashOf(view, languageChosen), before.doc === null && view.doc !== null);
    show(before);
  };

  /** Brings the page from one state to the present one. */
  const show = (before: View | null): void => {
    const rebuilt = before === null || before.run !== view.run || before.other !== view.other || before.language !== view.language;
    if (rebuilt) build(before === null || before.run !== view.run || before.other !== view.other);
    const queryChanged = before === null || JSON.stringify(queryOf(before)) !== JSON.stringify(queryOf(view));
    if (queryChanged || rebuilt) loadList();
    if (rebuilt || JSON.stringify(before?.doc) !== JSON.stringify(view.doc)) openDocument();
    if (!rebuilt && queryChanged) showCounts();
  };

  const build = (newRuns: boolean): void => {
    t = translator(VIEW_WORDS, view.language);
    document.documentElement.lang = view.language;
    document.title = `${nameOf(view.run) ?? ''} – eus-eval view`;
    const help = helpDialog(t);
    list = documentList(t('list'), {
      rows: (from, count) => source.rows(queryOf(view), from, count),
      fill: (element, row) => fillRow(element, row, { t, language: view.language }),
      chosen: (_, row) => change({ doc: { task: row.task, docId: String(row.docId) } }),
      failed,
    });
    app.replaceChildren(
      h('a', { class: 'skip', href: '#list', onclick: skipToList }, t('skip')),
      pageHeader({ t, catalog, view, change, help: () => help.showModal() }),
      h(
        'main',
        { class: 'panes' },
        h('nav', { class: 'scopes', 'aria-label': t('scopes'), tabindex: 0 }, h('ul', { id: 'scopes' })),
        h('section', { class: 'listing', 'aria-label': t('list') }, tools(), h('p', { id: 'status', role: 'status' }), list.element),
        h('section', { class: 'detail', id: 'detail', 'aria-label': t('question'), tabindex: -1 }),
      ),
      help,
    );
    if (newRuns) {
      summary = null;
      look();
    }
    showCounts();
  };

  /** The address is the state of the page, so that a link must not change it. */
  const skipToList = (event: Event): void => {
    event.preventDefault();
    list.focus();
  };

  const tools = (): HTMLElement => {
    const search = h('input', {
      type: 'search',
      id: 'search',
      placeholder: t('search'),
      'aria-label': t('search'),
      value: view.text,
      autocomplete: 'off',
      spellcheck: 'false',
    });
    search.addEventListener('input', () => {
      clearTimeout(typing);
      typing = setTimeout(() => change({ text: search.value, doc: null }), TYPING);
    });
    const scope = select({ id: 'scope', 'aria-label': t('scopes') }, [], (value) => change({ scope: value, doc: null }));
    const chooseSubject = (value: string): void => change({ subject: value === '' ? null : value, doc: null });
    const subject = select({ id: 'subject', 'aria-label': t('subjects') }, [], chooseSubject);
    const orders = [
      h('option', { value: 'order', selected: view.sort === 'order' }, t('byOrder')),
      h('option', { value: 'margin', selected: view.sort === 'margin' }, t('byMargin')),
    ];
    const chooseOrder = (value: string): void => change({ sort: value === 'margin' ? 'margin' : 'order' });
    const sort = select({ id: 'sort', 'aria-label': t('sort') }, orders, chooseOrder);
    return h(
      'div',
      { class: 'tools' },
      scope,
      search,
      h('div', { id: 'filters', role: 'group', 'aria-label': t('filters') }),
      subject,
      h('label', { class: 'sort' }, h('span', {}, t('sort')), sort),
    );
  };

  const filters = (): readonly Filter[] => (view.other === null ? FILTERS.filter((f) => !FLIPS.has(f)) : FILTERS);

  /** What depends on the counts: side bar, filters, subjects. */
  const showCounts = (): void => {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const [scopeFocused, filterFocused] = [focused?.dataset.scope, focused?.dataset.filter];
    const all = scopes();
    const options = {
      t,
      language: view.language,
      paired: view.other !== null,
      choose: (name: string) => change({ scope: name, doc: null }),
    };
    byId('scopes').replaceChildren(
      ...all.map((scope) =>
        scopeButton({ ...scope, current: scope.name === view.scope, counts: countsOf(summary, scope.tasks, null) }, options),
      ),
    );
    byId('scope').replaceChildren(
      ...all.map(({ name, label, depth }) =>
        h('option', { value: name, selected: name === view.scope }, `${'\u2003'.repeat(depth)}${label}`),
      ),
    );
    const counts = countsOf(summary, scopeTasks(), view.subject);
    byId('filters').replaceChildren(
      ...filters().map((filter) =>
        h(
          'button',
          {
            type: 'button',
            class: `chip ${filter}`,
            'aria-pressed': filter === view.filter ? 'true' : 'false',
            'data-filter': filter,
            onclick: () => change({ filter, doc: null }),
          },
          t(filter),
          counts === null
            ? null
            : h(
                'span',
                { class: 'figures' },
                numberText(filter === 'flipped' ? counts.gained + counts.lost : counts[filter], view.language),
              ),
        ),
      ),
    );
    const subjects = subjectsOf(summary, scopeTasks());
    const subject = byId('subject');
    subject.hidden = subjects.length === 0 && view.subject === null;
    subject.replaceChildren(
      h('option', { value: '' }, t('allSubjects')),
      ...subjects.map(([name, one]) => h('option', { value: name, selected: name === view.subject }, `${name} (${subjectFigures(one)})`)),
    );
    const again = scopeFocused ?? filterFocused;
    if (again !== undefined)
      [...app.querySelectorAll<HTMLElement>('[data-scope], [data-filter]')]
        .find(({ dataset }) => (dataset.scope ?? dataset.filter) === again)
        ?.focus();
  };

  const subjectFigures = (counts: { readonly all: number; readonly gained: number; readonly lost: number }): string =>
    view.other === null ? numberText(counts.all, view.language) : `+${counts.gained} −${counts.lost}`;

  const look = (): void => {
    clearTimeout(looking);
    const { run, other } = view;
    source.summary(run, other).then((found) => {
      if (run !== view.run || other !== view.other) return;
      summary = found;
      showCounts();
      showStatus();
      if (found.ready < found.total) looking = setTimeout(look, LOOK_AGAIN);
    }, failed);
  };

  const showStatus = (): void => {
    const run = runInfo();
    if (run !== undefined) byId('status').textContent = statusLine({ t, total: list.total, summary, run });
  };

  const loadList = (): void => {
    const mine = ++turn;
    const query = queryOf(view);
    byId('status').textContent = t('loading');
    source
      .list(query)
      .then(async ({ total }) => {
        if (mine !== turn) return;
        list.reset(total);
        showStatus();
        const { doc } = view;
        if (doc === null) return;
        const place = await source.find(query, doc.task, doc.docId);
        if (mine === turn && place >= 0) list.mark(place);
      })
      .catch(failed);
  };

  const openDocument = (): void => {
    const mine = ++opened;
    const panes = app.querySelector('.panes');
    panes?.setAttribute('data-open', view.doc === null ? 'list' : 'detail');
    const detail = byId('detail');
    const { doc, run, other } = view;
    if (doc === null) {
      detail.replaceChildren(h('p', { class: 'soft empty' }, t('choose')));
      return;
    }
    source.document(run, other, doc.task, doc.docId).then((pair) => {
      if (mine !== opened) return;
      detail.replaceChildren(
        detailHead(doc),
        ...detailBody(pair, {
          t,
          language: view.language,
          run: nameOf(run) ?? run,
          other: nameOf(other),
          unfolded,
          onUnfold: (open) => (unfolded = open),
        }),
      );
      detail.scrollTop = 0;
      showOutcome(pair);
    }, failed);
  };

  const detailHead = (doc: NonNullable<View['doc']>): HTMLElement => {
    const link = h('button', { type: 'button', class: 'tool' }, t('copyLink'));
    link.addEventListener('click', () => {
      navigator.clipboard?.writeText(location.href).then(() => (link.textContent = t('copied')), failed);
    });
    return h(
      'div',
      { class: 'head' },
      h('button', { type: 'button', class: 'tool back', onclick: back }, t('back')),
      h('h2', {}, `${doc.task} · ${t('document', { id: doc.docId })}`, h('span', { id: 'outcome' })),
      h('button', { type: 'button', class: 'tool', onclick: () => list.select(list.selected - 1) }, t('previous')),
      h('button', { type: 'button', class: 'tool', onclick: () => list.select(list.selected + 1) }, t('next')),
      link,
    );
  };

  /** The outcome of the open document, as its line in the list has it. */
  const showOutcome = (pair: Pair): void => {
    const { doc } = view;
    if (doc === null || list.selected < 0) return;
    source.rows(queryOf(view), list.selected, 1).then(([row]: readonly Row[]) => {
      if (row === undefined || row.task !== doc.task || String(row.docId) !== doc.docId || pair.run === null) return;
      document.getElementById('outcome')?.replaceChildren(...(row.state === STATE.unknown ? [] : outcomeMarks(row, t)));
    }, failed);
  };

  const back = (): void => {
    if (view.doc !== null && matchMedia('(max-width: 1099px)').matches) {
      const place = list.selected;
      change({ doc: null });
      list.mark(place);
    }
    list.focus();
  };

  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    const typingNow = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (event.key === 'Escape') {
      back();
      return;
    }
    if (typingNow) {
      if (event.key === 'Enter' && target.id === 'search') list.focus();
      return;
    }
    const inList = target?.id === 'list';
    const step = (by: number): void => list.select(list.selected < 0 ? (by > 0 ? 0 : list.total - 1) : list.selected + by);
    const all = filters();
    const cycle = (by: number): void => change({ filter: at(all, (all.indexOf(view.filter) + by + all.length) % all.length), doc: null });
    const actions: Readonly<Record<string, () => void>> = {
      j: () => step(1),
      k: () => step(-1),
      g: () => list.select(0),
      G: () => list.select(list.total - 1),
      f: () => cycle(1),
      F: () => cycle(-1),
      x: () => {
        unfolded = !unfolded;
        const shots = document.getElementById('shots');
        if (shots instanceof HTMLDetailsElement) shots.open = unfolded;
      },
      '/': () => byId('search').focus(),
      '?': () => app.querySelector<HTMLDialogElement>('#help')?.showModal(),
      ...(inList
        ? {
            ArrowDown: () => step(1),
            ArrowUp: () => step(-1),
            PageDown: () => step(10),
            PageUp: () => step(-10),
            Home: () => list.select(0),
            End: () => list.select(list.total - 1),
            Enter: () => byId('detail').focus(),
          }
        : {}),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  document.addEventListener('keydown', onKey);
  window.addEventListener('popstate', () => {
    const before = view;
    view = viewOf(location.hash, catalog, [view.language]);
    show(before);
  });
  show(null);
}

/** Data in the page itself, or a server that has it. */
function sourceOfPage(): Source {
  const data = document.getElementById('data');
  if (data === null) return remoteSource();
  const exported: Exported = JSON.parse(data.textContent ?? '');
  return embeddedSource(exported);
}

restoreTheme();
const source = sourceOfPage();
source.catalog().then(
  (catalog) => start(source, catalog),
  () => {
    byId('app').textContent = translator(VIEW_WORDS, languageFor(navigator.languages))('gone');
  },
);
