/// <reference lib="dom" />
/** The leaderboard's page: what it shows stands in its address, and every change goes through `change`. */
import { at } from '../../at.js';
import { keepAddress } from '../../page/address.js';
import { BOARD_WORDS } from '../../page/board-words.js';
import { byId, h } from '../../page/dom.js';
import { languageSwitch } from '../../page/language-switch.js';
import { restoreTheme, themeButton } from '../../page/theme.js';
import { dayText, translator } from '../../page/words.js';
import { LANGUAGES } from '../columns.js';
import { isAlert, noteText } from '../notes.js';
import type { PageData } from '../page-data.js';
import { arenaSection } from './arena.js';
import { cardList } from './cards.js';
import { chooseColumns } from './choose-columns.js';
import { type Column, columnsOf, usualColumns } from './columns.js';
import { type Context, languageName, seen } from './context.js';
import { type Controls, controls, downloads } from './controls.js';
import { benchmarkDialog, modelDialog } from './details.js';
import { fits, ranksBy, sorted, sortOf } from './models.js';
import { notesSection } from './notes.js';
import { picturesSection } from './pictures.js';
import { hashOf, isTable, type Known, languageOf, type State, stateOf, type Tab } from './state.js';
import { boardTable, captionOf, type TableParts } from './table.js';

/** Below this width the models are cards. */
const NARROW = '(max-width: 699px)';

function start(data: PageData): void {
  const app = byId('app');
  const narrow = matchMedia(NARROW);
  const known = knownOf(data);
  const wishes = [data.language, ...navigator.languages];
  let state = stateOf(location.hash, known, wishes);
  let languageChosen = new URLSearchParams(location.hash.slice(1)).has('lang');
  let t = translator(BOARD_WORDS, state.language);
  let all: Column[] = [];
  let controlBar: Controls | null = null;
  let table: TableParts | null = null;
  let dialog: HTMLDialogElement | null = null;
  const live = h('div', { class: 'sr', role: 'status', 'aria-live': 'polite' });
  const main = h('main', { id: 'main', tabindex: '-1' });

  const context = (): Context => ({
    data,
    state,
    t,
    base: data.board.models.find((m) => m.model === state.base) ?? null,
    change,
    say: (text) => {
      live.textContent = text;
    },
  });

  const change = (part: Partial<State>): void => {
    const before = state;
    state = { ...state, ...part };
    // Columns and order belong to the tab that they were chosen in.
    if (part.tab !== undefined && part.tab !== before.tab) state = { ...state, columns: null, sort: null };
    if (part.language !== undefined) languageChosen = true;
    const opened = state.tab !== before.tab || (state.model ?? state.benchmark) !== (before.model ?? before.benchmark);
    keepAddress(hashOf(state, known, languageChosen), opened);
    show(before);
  };

  /** Brings the page from one state to the present one, with no more work than the change needs. */
  const show = (before: State | null): void => {
    const differs = (...keys: readonly (keyof State)[]): boolean =>
      before === null || keys.some((key) => JSON.stringify(before[key]) !== JSON.stringify(state[key]));
    if (differs('language')) frame();
    else if (differs('tab', 'columns', 'base', 'errors')) panel();
    else if (state.tab === 'pictures' && differs('x', 'y', 'heat', 'over')) fill();
    else if (state.tab === 'arena' && differs('versus')) fill();
    else if (differs('search', 'prompt', 'family', 'completeOnly', 'sort')) fill();
    if (before !== null && differs('sort') && state.sort !== null) {
      const { key, descending } = state.sort;
      const name = all.find((column) => column.key === key)?.full ?? t('modelHead');
      live.textContent = t(descending ? 'sortedDown' : 'sortedUp', { name });
    }
    if (differs('model', 'benchmark', 'language')) details();
  };

  /** The frame: head, tabs, foot. */
  const frame = (): void => {
    t = translator(BOARD_WORDS, state.language);
    all = columnsOf(data, t, state.language);
    document.documentElement.lang = state.language;
    const title = data.title ?? t('pageTitle');
    document.title = title;
    app.replaceChildren(
      h('a', { class: 'skip', href: '#main', onclick: (event) => skip(event) }, t('skip')),
      h(
        'header',
        { class: 'top' },
        h('div', { class: 'titles' }, h('h1', {}, title), h('p', { class: 'lede' }, ledeOf(data, context()))),
        h(
          'div',
          { class: 'switches' },
          languageSwitch(t('pageLanguage'), state.language, (language) => {
            change({ language });
            app.querySelector<HTMLElement>(`.languages [lang="${language}"]`)?.focus();
          }),
          themeButton({ dark: t('darkMode'), light: t('lightMode') }),
        ),
      ),
      ...data.board.notes.filter(isAlert).map((note) => h('p', { class: 'alert' }, seen(noteText(note, state.language)))),
      tabList(known.tabs, context(), state.tab),
      live,
      main,
      h('footer', {}, h('p', {}, downloads(context())), h('p', {}, t('madeBy', { version: data.version }))),
    );
    panel();
  };

  /** A press on the skip link must not become the state of the page. */
  const skip = (event: Event): void => {
    event.preventDefault();
    main.focus();
  };

  const shownColumns = (): Column[] => {
    const keys = state.columns ?? usualColumns(state.tab, all, data);
    return keys.flatMap((key) => all.find((column) => column.key === key) ?? []);
  };

  /** What stands below the tabs. */
  const panel = (): void => {
    const columns = shownColumns();
    // The dialog of columns changes the table below it: its focus is its own, that of a control of the page is kept by id.
    const focus = document.activeElement?.id ?? '';
    for (const tab of app.querySelectorAll<HTMLElement>('[role="tab"]')) {
      const on = tab.dataset.tab === state.tab;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    controlBar =
      state.tab === 'notes'
        ? null
        : controls(context(), {
            narrow: narrow.matches,
            columns: sortable(columns),
            sort: sortOf(state, columns),
            choose: () =>
              chooseColumns(
                all,
                shownColumns().map(({ key }) => key),
                usualColumns(state.tab, all, data),
                context(),
              ),
          });
    const ofModels = isTable(state.tab);
    table = ofModels && !narrow.matches ? boardTable(columns, context(), captionOf(columns, context())) : null;
    main.replaceChildren(
      h(
        'div',
        { id: 'panel', role: 'tabpanel', 'aria-labelledby': `tab-${state.tab}` },
        h('h2', { class: 'sr' }, tabName(state.tab, context())),
        controlBar?.element ?? null,
        table?.element ?? h('div', { id: 'content' }),
        ofModels && h('p', { class: 'soft reading' }, captionOf(columns, context())),
      ),
    );
    fill();
    if (focus !== '') document.getElementById(focus)?.focus();
  };

  /** On a telephone every column can be sorted by, not only the chosen ones. */
  const sortable = (columns: readonly Column[]): readonly Column[] => (narrow.matches && state.tab === 'overview' ? all : columns);

  /** The models that fit, in order. */
  const fill = (): void => {
    const columns = shownColumns();
    const choices = sortable(columns);
    const sort = sortOf(state, state.sort === null ? columns : choices);
    const column = choices.find((one) => one.key === sort.key) ?? null;
    const fitting = data.board.models.filter((model) => fits(model, state));
    const listed =
      languageOf(state.tab) === null || state.columns !== null
        ? fitting
        : fitting.filter((m) => columns.some((c) => c.kind !== 'fact' && c.sortValue(m) !== null));
    const models = sorted(listed, column, sort.descending);
    const scored =
      column !== null && column.kind !== 'fact' && column.kind !== 'bias' ? column : (choices.find((c) => c.kind === 'average') ?? null);
    const ranks = ranksBy(data.board.models, scored);
    controlBar?.count(models.length);
    if (table !== null) {
      table.show(models, ranks, sort);
      return;
    }
    const place = document.getElementById('content');
    if (place === null) return;
    const facts = all.filter((c) => ['size', 'released', 'family'].includes(c.key));
    switch (state.tab) {
      case 'pictures':
        place.replaceChildren(picturesSection(sorted(fitting, all[0] ?? null, true), all, context()));
        return;
      case 'arena':
        place.replaceChildren(arenaSection(context()));
        return;
      case 'notes':
        place.replaceChildren(notesSection(context()));
        return;
      default:
        place.replaceChildren(cardList(models, column, facts, ranks, context()));
    }
  };

  /** Opens or closes the dialog of a model or benchmark. */
  const details = (): void => {
    const back = document.activeElement instanceof HTMLElement && dialog === null ? document.activeElement : null;
    dialog?.remove();
    dialog = null;
    const close = (): void => {
      if (dialog === null) return;
      dialog.remove();
      dialog = null;
      if (state.model !== null || state.benchmark !== null) change({ model: null, benchmark: null });
      back?.focus();
    };
    const model = data.board.models.find((m) => m.model === state.model);
    const column = all.find((c) => c.kind === 'benchmark' && c.key === state.benchmark);
    if (model !== undefined) dialog = modelDialog(model, all, context(), close);
    else if (column !== undefined) dialog = benchmarkDialog(column, data.board.models, context(), close);
    if (dialog === null) return;
    document.body.append(dialog);
    dialog.showModal();
  };

  restoreTheme();
  narrow.addEventListener('change', () => panel());
  addEventListener('popstate', () => {
    const before = state;
    state = stateOf(location.hash, known, [languageChosen ? state.language : null, ...wishes]);
    show(before);
  });
  show(null);
}

function knownOf({ board, arena, pictures }: PageData): Known {
  const languages = LANGUAGES.filter((l) =>
    board.models.some((m) => board.benchmarks.some((b) => b.language === l && m.cells[b.name] !== undefined)),
  );
  const tabs: Tab[] = [
    'overview',
    ...languages,
    ...(pictures && board.models.length > 1 ? (['pictures'] as const) : []),
    ...(arena.length > 0 ? (['arena'] as const) : []),
    'notes',
  ];
  return {
    tabs,
    models: new Set(board.models.map((m) => m.model)),
    benchmarks: new Set(board.benchmarks.map((b) => b.name)),
    base: board.base,
  };
}

function tabName(tab: Tab, { t }: Context): string {
  return tab === 'eu' || tab === 'en' || tab === 'es' ? languageName(tab, t) : t(tab);
}

/** Arrow keys, Home and End move between tabs. */
function tabList(tabs: readonly Tab[], context: Context, now: Tab): HTMLElement {
  const buttons = tabs.map((tab, i) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${tab}`,
        'data-tab': tab,
        'aria-controls': 'panel',
        'aria-selected': tab === now ? 'true' : 'false',
        tabindex: tab === now ? 0 : -1,
        onclick: () => context.change({ tab }),
        onkeydown: (event) => {
          const key = event instanceof KeyboardEvent ? event.key : '';
          const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[key];
          if (to === undefined) return;
          event.preventDefault();
          const target = (to + tabs.length) % tabs.length;
          context.change({ tab: at(tabs, target) });
          at(buttons, target).focus();
        },
      },
      tabName(tab, context),
    ),
  );
  return h('div', { role: 'tablist', 'aria-label': context.t('views') }, ...buttons);
}

function ledeOf({ board }: PageData, context: Context): string {
  const { t, state } = context;
  const measured = board.benchmarks.filter((b) => board.models.some((m) => m.cells[b.name] !== undefined));
  const languages = LANGUAGES.filter((l) => measured.some((b) => b.language === l)).map((l) => languageName(l, t));
  return seen(
    t('lede', {
      models: t('models', { n: board.models.length }),
      benchmarks: t('benchmarksCount', { n: measured.length }),
      languages: languages.join(', '),
      day: dayText(board.newest, state.language),
    }),
  );
}

/** The data that the page carries; it was written by the same version of the program. */
function carried(): PageData {
  const parsed: PageData = JSON.parse(byId('data').textContent ?? '');
  return parsed;
}

start(carried());
