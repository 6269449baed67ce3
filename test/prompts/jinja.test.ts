import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../src/prompts/jinja.js';
import { TemplateError } from '../../src/prompts/jinja-values.js';
import { parseJson } from '../../src/python/json.js';
import type { Doc } from '../../src/types.js';
import { cases, casesText } from '../python/cases.js';

/**
 * Templates that Jinja renders and this engine refuses: each must be an error when the task file is loaded, never another text.
 * (`e` is not offered because prompts are not HTML.)
 */
const REFUSED = new Set<string>([
  '{{html}} {{html|e}}',
  '{{ [1, 2, 3]|batch(2)|list }}',
  '{% macro m(x) %}{{x}}{% endmacro %}{{ m(1) }}',
  '{% raw %}{{x}}{% endraw %}',
]);

const { doc } = parseJson(casesText) as { readonly doc: Doc };

describe('templates print what Jinja prints', () => {
  for (const [template, expected] of cases.templates) {
    it(JSON.stringify(template).slice(0, 100), () => {
      const render = () => compileTemplate(template).render(doc);
      if (expected === null || REFUSED.has(template)) expect(render).toThrow(TemplateError);
      else expect(render()).toBe(expected);
    });
  }
});
