/** The YAML of task files, read as the harness reads it. */
import { type Document, isMap, isNode, isPair, isScalar, parseDocument, type ScalarTag, visit } from 'yaml';
import { at } from '../at.js';
import { messageOf, UserError } from '../errors.js';
import { PyFloat } from '../python/float.js';
import { refuseDeepYaml } from '../yaml-depth.js';
import { type Config, FunctionReference } from './config.js';
import { PYTHON_SCALARS } from './yaml-scalars.js';

const functionTag: ScalarTag = { tag: '!function', resolve: (text) => new FunctionReference(text) };

/**
 * Returns the text with the further lines of quoted values indented by a blank more than their key. Python's reader takes such lines at the margin,
 * as some of the harness's own files have them; YAML forbids it. Blanks at the beginning of such a line mean nothing.
 */
function indentQuoted(text: string): string {
  let quote = '';
  let margin = '';
  return text
    .split('\n')
    .map((line) => {
      if (quote !== '') {
        if (closes(line, quote)) quote = '';
        return line.trim() === '' ? line : `${margin} ${line.trimStart()}`;
      }
      const opening = /^(\s*)(?:- +)*(?:[\w.-]+ *: +)(['"])(.*)$/.exec(line);
      const [, blanks = '', mark = '', rest = ''] = opening ?? [];
      if (opening !== null && !closes(rest, mark)) [margin, quote] = [blanks, mark];
      return line;
    })
    .join('\n');
}

/** Whether a quoted value ends in this rest of a line. */
function closes(rest: string, quote: string): boolean {
  return quote === "'" ? /^(?:[^']|'')*'(?!')/.test(rest) : /^(?:[^"\\]|\\.)*"/.test(rest);
}

function parse(text: string): Document.Parsed {
  return parseDocument(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: true,
    schema: 'failsafe',
    customTags: (tags) => [...tags, ...PYTHON_SCALARS, functionTag],
    logLevel: 'silent',
  });
}

/**
 * Returns the fields of a YAML text. Throws `UserError` with file and line when it is broken, not a mapping, or holds tags other than `!function`.
 */
export function parseYaml(file: string, text: string): Config {
  try {
    refuseDeepYaml(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${file}: not a valid task file: ${error.message}`) : error;
  }
  let document = parse(text);
  if (document.errors.length > 0) {
    const indented = parse(indentQuoted(text));
    if (indented.errors.length === 0) document = indented;
  }
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    // Only the first line of the message: the rest quotes the file, which an include may have pointed anywhere.
    const what = at(problem.message.split('\n'), 0).replace(/ at line \d+, column \d+:?$/, '');
    throw new UserError(`${file}${line === undefined ? '' : `:${line}`}: not a valid task file: ${what}`);
  }
  if (!isMap(document.contents)) throw new UserError(`${file}: a task file is a mapping of fields such as task, dataset_path, doc_to_text`);
  visit(document, {
    Alias: (_, alias, path) => {
      const target = alias.resolve(document);
      if (path.some((above) => above === target))
        throw new UserError(`${file}: not a valid task file: *${alias.source} stands inside the value that it means`);
    },
    Pair: (_, pair) => {
      if (isPair(pair) && isScalar(pair.key) && pair.key.value === '__proto__')
        throw new UserError(`${file}: no field can be called __proto__`);
      // Values of few-shot samples are printed into prompts, where Python tells the float 1.0 from the integer 1; settings are only counted with.
      if (isPair(pair) && isScalar(pair.key) && pair.key.value === 'samples') keepFloats(pair.value);
    },
  });
  try {
    return { ...toRecord(document.toJS({ maxAliasCount: 100 })) };
  } catch (error) {
    throw new UserError(`${file}: not a valid task file: ${messageOf(error)}`);
  }
}

/** Marks the integral floats below a node. */
function keepFloats(node: unknown): void {
  if (!isNode(node)) return;
  visit(node, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'number' && Number.isInteger(scalar.value) && /[.]/.test(scalar.source ?? ''))
        scalar.value = new PyFloat(scalar.value);
    },
  });
}

function toRecord(value: unknown): Config {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
