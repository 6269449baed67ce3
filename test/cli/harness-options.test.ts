import { describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';

/** Exit code and standard error of a command that is refused before anything is opened. */
async function refused(args: readonly string[]): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    return `${await main(args)} ${text}`;
  } finally {
    spy.mockRestore();
  }
}

describe('what people of the Python harness type first', () => {
  it.each([
    ['--num_fewshot', 'num_fewshot:'],
    ['--num_fewshot=5', 'num_fewshot:'],
    ['--log_samples', 'samples are always written'],
    ['--output_path', '--out DIR'],
    ['--apply_chat_template', '--prompt chat'],
    ['--model_args', '--model FOLDER'],
    ['--batch_size', '--batch-tokens N'],
  ])('%s names the way here, in one line', async (option, way) => {
    const line = await refused(['run', '--model', 'fake:1', option, 'x']);
    expect(line).toMatch(/^2 eus-eval: unknown option '--[^\n]*' of lm-eval: [^\n]+\n$/);
    expect(line).toContain(way);
    expect(line).not.toContain('Did you mean');
  });

  it('any other option keeps the nearest name', async () => {
    expect(await refused(['run', '--modell', 'x'])).toBe("2 eus-eval: unknown option '--modell' (Did you mean --model?)\n");
    expect(await refused(['run', '--constructor', 'x'])).toBe("2 eus-eval: unknown option '--constructor'\n");
  });

  it('a model or a second task without its option', async () => {
    expect(await refused(['run', './folder'])).toContain('The model stands after --model; several tasks are one word with commas');
  });
});
