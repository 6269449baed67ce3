import type { Environment } from './environment.js';
import { GLOBALS } from './globals.js';
import { toText } from './print.js';
import { strftime } from './strftime.js';
import { prepareTemplate } from './template.js';
import { asText, native, type Runtime } from './values.js';
import { spend, TemplateRefusal } from './work.js';

const raise = native('raise_exception', 'message', ([message = '']) => {
  throw new TemplateRefusal(toText(message));
});

/** The transformers library's settings for chat templates: a sandbox, blocks trimmed, `break` and `continue`. */
function chatEnvironment(now: Date | null): Environment {
  const globals = new Map<string, Runtime>([...GLOBALS, ['raise_exception', raise]]);
  if (now !== null) {
    const strftimeNow = native('strftime_now', 'format', ([given]) => {
      const format = asText(given, 'the format of a date');
      // A directive of two characters becomes 24 at most.
      spend(12 * format.length);
      return strftime(now, format);
    });
    globals.set('strftime_now', strftimeNow);
  }
  return {
    strict: false,
    sandbox: true,
    trimBlocks: true,
    lstripBlocks: true,
    keepTrailingNewline: false,
    extensions: true,
    json: 'plain',
    globals,
    advice: { strftime_now: 'the template prints the date of today; give the one to print with --template-date' },
  };
}

/**
 * Compiles a chat template; `now` is the time that `strftime_now` prints, which there is not when it is null. The function renders it with names and
 * their values. Both throw `TemplateError`, the function `TemplateRefusal` for what the template refuses itself.
 */
export function compileChatTemplate(source: string, now: Date | null): (names: ReadonlyMap<string, Runtime>) => string {
  const { render } = prepareTemplate(source, chatEnvironment(now));
  return (names) => render((name) => names.get(name));
}
