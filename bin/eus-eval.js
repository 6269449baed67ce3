#!/usr/bin/env node
import { main } from '../dist/cli/main.js';

let ended = false;
// Node leaves without a word when nothing is left that could ever wake the program.
process.on('beforeExit', () => {
  if (ended) return;
  ended = true;
  process.stderr.write('eus-eval: internal error: the program waits for something that can never happen; finished work is kept\n');
  process.exitCode = 1;
});
main(process.argv.slice(2)).then((code) => {
  ended = true;
  process.exitCode = code;
  // Stopped by the user: a download or a question to a server that is still open must not keep the program.
  if (code === 130) process.exit(code);
});
