import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../src/jinja/template.js';
import { TemplateError } from '../../src/jinja/work.js';
import { parseJson } from '../../src/python/json.js';
import type { Doc } from '../../src/types.js';
import { cases, casesText } from '../python/cases.js';

const { doc } = parseJson(casesText) as { readonly doc: Doc };

describe('templates print what Jinja prints', () => {
  for (const [template, expected] of cases.templates) {
    it(JSON.stringify(template).slice(0, 100), () => {
      const render = () => compileTemplate(template).render(doc);
      if (expected === null) expect(render).toThrow(TemplateError);
      else expect(render()).toBe(expected);
    });
  }
});
