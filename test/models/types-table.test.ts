import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { knownTypes } from '../../src/models/config-classes.js';
import { parseModelConfig } from '../../src/models/model-config.js';
import { packagePath } from '../../src/package-files.js';
import { supportedTypes, typesTable } from './types-table.js';

const DOCS = packagePath('docs/models.md');
const MARKS = /(<!-- model types[^>]*-->\n)[\s\S]*?(\n<!-- end of model types -->)/;

function refusal(type: string): string {
  try {
    parseModelConfig({ model_type: type }, 'config.json');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error instanceof Error ? error.message : '';
  }
  return '';
}

describe('all model types that transformers 5.23 knows', () => {
  it('stand in docs/models.md as supported, refused, or no language model (EUS_EVAL_WRITE_DOCS=1 writes them)', () => {
    const text = readFileSync(DOCS, 'utf8');
    expect(text).toMatch(MARKS);
    const written = text.replace(MARKS, (_, begin: string, end: string) => `${begin}\n${typesTable()}\n${end}`);
    if (process.env.EUS_EVAL_WRITE_DOCS) writeFileSync(DOCS, written);
    else expect(text === written, 'docs/models.md is out of date: run this test with EUS_EVAL_WRITE_DOCS=1').toBe(true);
  });

  it('are what the program says of them', () => {
    const supported = new Set(supportedTypes());
    const types = knownTypes();
    for (const type of [...types.decoder, ...types.withPictures, ...types.encoderDecoder])
      if (!supported.has(type)) expect(refusal(type)).toMatch(/is not supported; .*--serve vllm/);
    for (const type of types.other) if (!supported.has(type)) expect(refusal(type)).toMatch(/predicts no next token/);
    for (const type of supported) expect(refusal(type)).not.toMatch(/is not supported; docs|predicts no next token/);
    expect(refusal('brand_new')).toMatch(/model_type "brand_new" is not supported/);
  });
});
