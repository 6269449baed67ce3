/// <reference lib="dom" />
/** The dialogs of a model and of a benchmark. */
import { factList, h } from '../../page/dom.js';
import { dayText, numberText } from '../../page/words.js';
import type { BoardModel } from '../board.js';
import { intervalChart } from '../charts/intervals.js';
import { profileChart } from '../charts/profile.js';
import { BIAS, byCategory, knownLabelOf, LANGUAGES, labelOf } from '../columns.js';
import { differ, rankText, Z } from '../statistics.js';
import { cellFacts, isNearChance } from './cells.js';
import type { Column } from './columns.js';
import { type Context, categoryName, languageName, levelText, scoreText, seen, signedText, withError } from './context.js';
import { choice, drawing, figure, scrolledTable } from './figure.js';
import { ranksBy } from './models.js';

/**
 * Returns an address as a link, only where it is one of the web.
 */
export function link(address: string, text: string): HTMLElement {
  return h('a', { href: address, rel: 'noopener noreferrer', target: '_blank' }, text);
}

function shell(
  title: string,
  subtitle: string,
  close: () => void,
  context: Context,
  ...content: readonly (HTMLElement | null)[]
): HTMLDialogElement {
  const dialog = h(
    'dialog',
    { class: 'detail', 'aria-labelledby': 'detail-title' },
    h(
      'div',
      { class: 'detail-head' },
      h('div', {}, h('h2', { id: 'detail-title' }, title), subtitle !== '' && h('p', { class: 'soft' }, subtitle)),
      h('button', { type: 'button', class: 'tool', onclick: () => dialog.close() }, context.t('close')),
    ),
    ...content,
  );
  dialog.addEventListener('close', close);
  // A press beside the dialog closes it, as people expect.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

/** Keys of the columns that are facts in the details too, in their order there. */
const FACTS = ['size', 'released', 'evaluated', 'documents', 'prompt', 'time', 'cost'] as const;

/**
 * Returns the dialog of a model: facts and links, its profile against the field, what it gains and loses against a base, all its results.
 */
export function modelDialog(model: BoardModel, columns: readonly Column[], context: Context, close: () => void): HTMLDialogElement {
  const { t, data } = context;
  const { facts } = model;
  const links = [
    ...(facts.link === null ? [] : [link(facts.link, t('modelPage'))]),
    ...(facts.paper === null ? [] : [link(facts.paper, t('paper'))]),
  ];
  const list = factList([
    [t('links'), links.length === 0 ? null : h('span', { class: 'links' }, ...links)],
    [t('hubName'), seen(model.model_name)],
    [t('variant'), seen(model.variant.replace(/^revision=/, ''))],
    [
      t('arenaName'),
      data.arena.length > 0 && model.arena_name !== null && model.arena_name !== model.model ? seen(model.arena_name) : null,
    ],
    [t('family'), facts.family === null ? null : seen(facts.maker === null ? facts.family : `${facts.family} (${facts.maker})`)],
    ...FACTS.flatMap((key) => columns.filter((c) => c.key === key).map((c) => [c.full, c.text(model)] as const)),
    [t('folder'), seen(model.folder)],
  ]);
  const profiles = data.pictures ? LANGUAGES.flatMap((l) => profileOf(model, l, context) ?? []) : [];
  return shell(
    seen(model.model),
    summaryOf(model, context),
    close,
    context,
    list,
    profiles.length === 0
      ? null
      : h(
          'section',
          {},
          h('h3', {}, t('profile')),
          h('p', { class: 'soft' }, t('profileAbout')),
          h('div', { class: 'profiles' }, ...profiles),
        ),
    data.pictures ? againstBase(model, context) : null,
    resultTable(model, columns, context),
  );
}

/** `Basque 62.1 (rank 2 to 5)`, for each language. */
function summaryOf(model: BoardModel, { t, state }: Context): string {
  return LANGUAGES.flatMap((l) => {
    const average = model.averages[l];
    if (average === null) return [];
    const { rank } = average;
    const place = average.complete
      ? rank === null
        ? ''
        : `, ${t('rank').toLowerCase()} ${rankText(rank)}`
      : `*, ${t('ofBenchmarks', { n: average.present, total: average.total })}`;
    return [`${languageName(l, t)} ${scoreText(average.value, state.language)}${place}`];
  }).join(' · ');
}

function profileOf(model: BoardModel, language: (typeof LANGUAGES)[number], { data, t, state }: Context): HTMLElement | null {
  const rows = byCategory(data.board.benchmarks, language).flatMap(([category]) => {
    const field = data.board.models.flatMap((m) => m.categories[language][category] ?? []);
    const value = model.categories[language][category] ?? null;
    const name = categoryName(category, t) + (category === BIAS ? ` (${t('accuracy')})` : '');
    return field.length === 0 ? [] : [{ name, value, field }];
  });
  if (rows.every((row) => row.value === null)) return null;
  const name = languageName(language, t);
  const summary = `${name}: ${rows.map((row) => `${row.name} ${row.value === null ? '—' : scoreText(row.value, state.language)}`).join(', ')}`;
  return h(
    'div',
    {},
    h('h4', {}, name),
    drawing((width) => ({ svg: profileChart(rows, { width, number: (x) => numberText(x, state.language, 0), summary }) })),
  );
}

/**
 * Returns the differences of a model to the base, benchmark by benchmark, with a choice of another base; null for a model alone.
 */
export function againstBase(model: BoardModel, context: Context): HTMLElement | null {
  const { data, t, state, base } = context;
  const others = data.board.models.filter((m) => m !== model);
  const first = base !== null && base !== model ? base : null;
  if (others.length === 0) return null;
  const place = h('div');
  const heading = h('span');
  const show = (other: BoardModel | null): void => {
    heading.textContent = t('against', { model: seen(model.model), base: other === null ? '…' : seen(other.model) });
    if (other === null) {
      place.replaceChildren();
      return;
    }
    const rows = data.board.benchmarks.flatMap((b) => {
      const [own, theirs] = [model.cells[b.name], other.cells[b.name]];
      if (own === undefined || theirs === undefined || b.own === true) return [];
      const value = own.value - theirs.value;
      const error = own.stderr === null || theirs.stderr === null ? null : Z * Math.hypot(own.stderr, theirs.stderr);
      const clear = differ(own, theirs);
      const tone = !clear ? ('none' as const) : value > 0 ? ('good' as const) : ('bad' as const);
      return [{ name: `${labelOf(b.name)} (${b.language.toUpperCase()})`, value, error, text: signedText(value, state.language), tone }];
    });
    rows.sort((a, b) => b.value - a.value);
    const summary = rows.map((row) => `${row.name} ${row.text}`).join(', ');
    const number = (x: number): string => numberText(x, state.language, Number.isInteger(x) ? 0 : 1);
    place.replaceChildren(
      rows.length === 0
        ? h('p', {}, t('tooFew'))
        : drawing((width) => ({ svg: intervalChart(rows, { width, reference: 0, number, summary }) })),
    );
  };
  const options = [{ value: '', text: t('nobody') }, ...others.map((m) => ({ value: m.model, text: seen(m.model) }))];
  const chosen = choice(
    t('compareWith'),
    options,
    first?.model ?? '',
    (value) => show(others.find((m) => m.model === value) ?? null),
    'against',
  );
  show(first);
  return figure(heading, t('againstAbout', { level: levelText(state.language) }), [chosen], place);
}

function resultTable(model: BoardModel, columns: readonly Column[], context: Context): HTMLElement {
  const { t, state, data } = context;
  const rows = columns.flatMap((column) => {
    const cell = column.kind === 'benchmark' ? column.cell(model) : null;
    if (cell === null) return [];
    const rank = ranksBy(data.board.models, column).get(model) ?? null;
    const chance = data.facts[column.key]?.chance ?? null;
    const bias = cell.bias === null ? '' : ` (${t('biasScore').toLowerCase()} ${signedText(cell.bias, state.language)})`;
    return [
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, column.full),
        h('td', { class: isNearChance(cell, chance) ? 'num chance' : 'num' }, withError(cell, state.language) + bias),
        h('td', { class: 'num' }, rankText(rank)),
        h('td', { class: 'small' }, cellFacts(cell, context).join('; ')),
        h('td', { class: 'small nowrap' }, dayText(cell.date, state.language)),
      ),
    ];
  });
  const heads = (['benchmark', 'value', 'rank', 'documentsHead', 'evaluated'] as const).map((key) => h('th', { scope: 'col' }, t(key)));
  return h('section', {}, h('h3', {}, t('results')), scrolledTable(t('results'), 'plain', heads, rows));
}

/**
 * Returns the dialog of a benchmark: what it is, its facts and links, a document, and all models on their intervals.
 */
export function benchmarkDialog(column: Column, models: readonly BoardModel[], context: Context, close: () => void): HTMLDialogElement {
  const { t, state, data } = context;
  const { benchmark } = column;
  const name = benchmark?.name ?? '';
  const facts = data.facts[name];
  const known = benchmark === null || benchmark.own === true ? null : knownLabelOf(name);
  const documents = new Set(data.board.models.flatMap((m) => m.cells[name]?.documents ?? []));
  const counts = documents.size > 0 ? [...documents].sort((a, b) => a - b) : benchmark?.documents == null ? [] : [benchmark.documents];
  const list = factList([
    [t('language'), column.language === null ? null : languageName(column.language, t)],
    [
      t('category'),
      benchmark === null ? null : `${categoryName(benchmark.category, t)}${benchmark.category === BIAS ? ` (${t('notInAverage')})` : ''}`,
    ],
    [t('documentsHead'), counts.map((n) => numberText(n, state.language)).join(', ')],
    [t('tasks'), facts !== undefined && facts.tasks > 1 ? numberText(facts.tasks, state.language) : null],
    [t('shots'), facts?.shots == null ? null : numberText(facts.shots, state.language)],
    [t('metric'), benchmark?.metricKey ?? null],
    [t('chanceLevel'), facts?.chance == null ? null : scoreText(facts.chance, state.language)],
    [t('dataset'), facts?.dataset == null ? null : link(`https://huggingface.co/datasets/${facts.dataset}`, facts.dataset)],
    [t('licence'), facts === undefined || known === null ? null : (facts.licence ?? t('licenceElsewhere'))],
    [t('citation'), facts?.paper == null ? null : link(facts.paper.url, facts.paper.title)],
    [t('biasScore'), benchmark?.category === BIAS ? t('biasAbout') : null],
  ]);
  return shell(
    seen(column.full),
    name,
    close,
    context,
    h('p', {}, known === null ? t('aboutOwn') : t(`about.${known}`)),
    list,
    facts?.example == null ? null : exampleSection(facts.example, context),
    data.pictures ? intervalSection(column, models, facts?.chance ?? null, context) : null,
  );
}

function exampleSection(example: NonNullable<Context['data']['facts'][string]['example']>, { t }: Context): HTMLElement {
  return h(
    'section',
    {},
    h('h3', {}, t('example')),
    h('p', { class: 'soft' }, t('exampleAbout')),
    h(
      'div',
      { class: 'example' },
      example.prompt === '' ? null : h('pre', {}, example.prompt),
      example.choices === null
        ? h('p', {}, `${t('answer')}: `, h('b', {}, String(example.target)))
        : h(
            'ol',
            { class: 'choices' },
            ...example.choices.map((text, i) =>
              h(
                'li',
                i === example.target ? { class: 'right' } : {},
                text,
                i === example.target && h('span', { class: 'tag' }, t('rightAnswer')),
              ),
            ),
          ),
    ),
  );
}

function intervalSection(column: Column, models: readonly BoardModel[], chance: number | null, context: Context): HTMLElement {
  const { t, state } = context;
  const rows = models.flatMap((m) => {
    const score = column.score(m);
    if (score === null) return [];
    const error = score.stderr === null ? null : Z * score.stderr;
    return [{ name: seen(m.model), value: score.value, error, text: scoreText(score.value, state.language), tone: 'plain' as const }];
  });
  rows.sort((a, b) => (column.lowerIsBetter ? a.value - b.value : b.value - a.value));
  const summary = rows.map((row) => `${row.name} ${row.text}`).join(', ');
  const number = (x: number): string => numberText(x, state.language, Number.isInteger(x) ? 0 : 1);
  return figure(
    t('allModels'),
    t('intervalAbout', { level: levelText(state.language) }),
    [],
    drawing((width) => ({ svg: intervalChart(rows, { width, reference: chance, number, summary }) })),
  );
}
