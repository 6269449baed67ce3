/** Runs before every test file: property tests draw the same cases every time, other ones where EUS_EVAL_FUZZ_SEED says so. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.EUS_EVAL_FUZZ_SEED ?? 20_260_101) });
