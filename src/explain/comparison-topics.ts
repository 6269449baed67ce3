/** Words that `compare`, `gate`, `run` and `view` print beside the scores. */

import { nearTies } from '../compare/noise.js';
import { HARNESS, show, type Topic } from '../metrics/topic.js';
import { holm } from '../statistics/holm.js';
import { mcnemar, pairedInterval } from '../statistics/mcnemar.js';
import { detectablePaired } from '../statistics/power.js';

const percent = (share: number | null): string => (share === null ? 'too few documents' : show(100 * share));

/** Words about the difference of two runs. */
export const comparisonTopics: readonly Topic[] = [
  {
    name: 'flips',
    also: ['flip', 'flipped', 'gained', 'lost', 'flips_up', 'flips_down', 'paired', 'unpaired', 'no document flipped'],
    title: 'documents that one run has right and the other wrong',
    definition:
      '+ are the documents that only the candidate has right (gained), - those that only the base has right (lost). All others say nothing about which model is better. "unpaired" means that one run has no samples, so that nobody knows which documents these are. `eus-eval view` shows them.',
    formula: ['difference = (gained - lost) / documents'],
    source: 'McNemar 1947',
    example: () => ['100 documents, 12 gained, 4 lost: the candidate is 8 points higher'],
  },
  {
    name: 'p',
    also: [
      'p-value',
      'p value',
      'mcnemar',
      'significant',
      'significance',
      'p of a loss',
      'p of a loss (Holm)',
      'p_drop_holm',
      'test',
      'sign flip',
      'bootstrap',
      'z, unpaired',
    ],
    title: 'p-value: how often chance alone makes a difference as large',
    definition:
      "If both models were equally good, each flip would be a fair coin. p is how often such coins fall as unevenly as here, or more (McNemar's exact test, two-sided; for the gate one-sided: only a loss counts). Averages and scores that are not right or wrong are tested by a bootstrap over documents, runs without samples by their standard errors. Below 0.05 a difference is called significant; it says nothing about how large the difference is.",
    formula: ['p = 2 * P(X <= min(gained, lost)), X ~ Binomial(gained + lost, 1/2), at most 1'],
    source: 'McNemar 1947, exact form',
    example: () => [
      `12 gained, 4 lost: p = ${show(mcnemar({ n: 100, up: 12, down: 4 }))}`,
      `2 gained, 1 lost: p = ${show(mcnemar({ n: 100, up: 2, down: 1 }))}`,
    ],
  },
  {
    name: 'holm',
    also: ['p (Holm)', 'p_holm', "Holm's correction", 'corrected p', 'multiple testing', 'bonferroni'],
    title: 'p-values corrected for looking at many benchmarks',
    definition:
      'Of twenty benchmarks one falls below 0.05 by chance. Holm multiplies the smallest p by the number of tests, the next by one less, and so on: with the corrected values the chance of even one false alarm is below 5 %. The verdict goes by these.',
    formula: ['sorted p_1 <= ... <= p_m: corrected p_i = max over j <= i of (m - j + 1) * p_j, at most 1'],
    source: 'Holm 1979',
    example: () => [`p 0.01, 0.04, 0.03 of three benchmarks: ${holm([0.01, 0.04, 0.03]).map(show).join(', ')}`],
  },
  {
    name: 'interval',
    also: ['95 % interval', 'confidence interval', 'confidence', 'low', 'high', 'ci'],
    title: '95 % interval: differences that the documents do not rule out',
    definition:
      "All true differences that the test would not reject at 5 %. It holds the true one in 95 of 100 such comparisons. Of right and wrong it is Tango's score interval for pairs, which has a width even where nothing flipped; of averages and other scores a bootstrap over documents; of safety rates the exact one.",
    formula: ['all d with |up - down - n d| <= 1.96 * sqrt(n (2 q + d (1 - d)))'],
    source: 'Tango 1998, Statistics in Medicine 17:891-908',
    example: () => {
      const { low, high } = pairedInterval({ n: 100, up: 12, down: 4 });
      return [`100 documents, 12 gained, 4 lost: ${percent(low)} to ${percent(high)} points`];
    },
  },
  {
    name: 'detectable',
    also: ['detectable drop', 'power', 'detectable difference', 'no significant difference'],
    title: 'the smallest difference that would have been detected',
    definition:
      '"No significant difference" is no proof that there is none: with few documents only a large one can be detected. Detectable is the true difference, in points, that this test finds four times out of five with as many documents and flips as there were. The gate lets no run pass in which a loss that the policy does not allow would not have been detected.',
    formula: ["the difference at which McNemar's test has a power of 80 %"],
    source: 'Connor 1987, Biometrics 43:207-211',
    example: () =>
      [100, 1000, 5000].map(
        (n) => `${n} documents, a tenth of them flipped: ${percent(detectablePaired([{ n, flips: n / 10 }], 0.025))} points`,
      ),
  },
  {
    name: 'noise',
    also: ['numerical noise', 'flips_noise', 'near tie', 'near ties'],
    title: 'flips that only other arithmetic explains',
    definition:
      'The same model on another card, batch or precision gives slightly other log-probabilities, and documents whose two best choices are nearly equal flip. Where all margins moved a little, as with one and the same model, flips within that noise are not counted by the gate. Between different models margins move far and nothing is taken for noise.',
    formula: ['level = 2 * 95th percentile of the changes of the margin of documents that did not flip'],
    source: 'this program; measured in benchmarks/',
    example: () => {
      const still = Array.from({ length: 60 }, (_, i) => ({
        base: 1,
        candidate: 1,
        baseMargin: 1 + i / 10,
        candidateMargin: 1.01 + i / 10,
      }));
      const { noise } = nearTies([...still, { base: 1, candidate: 0, baseMargin: 0.004, candidateMargin: -0.004 }]);
      return [`60 margins moved by 0.01 nats; one document went from +0.004 to -0.004 and flipped: ${noise.up + noise.down} flip is noise`];
    },
  },
  {
    name: 'margin',
    also: ['margins', 'surest'],
    title: 'how sure a model is of its choice',
    definition:
      'The log-probability of the choice that the model picks minus that of the best other one, in nats. 0: a coin would do as well; 2.3: ten times as probable; below 0: the metric picked a choice that is not the most probable one (acc_norm and its kind). Wrong answers with a large margin are worth reading: the model has learnt something else, or the document is wrong.',
    formula: ['margin = log p(picked) - log p(second)'],
    source: 'this program',
    example: () => [`log-probabilities -0.5, -2.8, -4: margin ${show(2.8 - 0.5)}`],
  },
  {
    name: 'verdict',
    also: [
      'verdicts',
      'higher',
      'lower',
      'pass',
      'regressed',
      'cannot judge',
      'not judged',
      'not tested',
      'not comparable',
      'refused',
      'missing',
      'higher (worse)',
      'lower (better)',
      'base',
      'baseline',
      'candidate',
      'difference',
      'points',
      'compare',
      'gate',
      'policy',
      'allowed',
      'allowed drop',
      'floor',
    ],
    title: 'what a comparison or a gate concludes',
    definition:
      'compare: higher or lower where the corrected p is below 0.05, else no significant difference with what would have been detectable. gate: regressed where the loss is larger than the policy allows and not chance; cannot judge where the documents are too few to see such a loss, or differ; pass else. The difference is candidate minus base, in points of percent for scores of 0 to 1.',
    formula: ['difference = candidate - base'],
    source: 'this program; docs/compare.md, docs/gate.md',
    example: () => ['base 60.00, candidate 52.00, p (Holm) 0.004: lower'],
  },
];

/** Words of the table of a run. */
export const runTopics: readonly Topic[] = [
  {
    name: 'chance',
    also: ['chance level', 'guessing', 'random'],
    title: 'the score that guessing reaches',
    definition:
      'Picking a choice blindly is right as often as the share of right choices among all, which is one of their number where one is right; the chance level is the mean of that over the documents. A score within two standard errors of it shows nothing that the model knows. Generated answers have none.',
    formula: ['chance = mean over documents of right choices / choices'],
    source: 'this program',
    example: () => [`3 documents with 4 choices, 1 with 2: ${show((3 / 4 + 1 / 2) / 4)}`],
  },
  {
    name: 'spread over prompts',
    also: ['spread', 'seeds', 'least', 'most', 'stderr over documents', 'fewshot seeds'],
    title: 'how much a score depends on the few-shot examples',
    definition:
      'run --fewshot-seeds draws the examples once for each seed and scores the same documents each time. Mean: over the seeds. Spread: the standard deviation over the seeds (n - 1), which is what the examples do. Stderr over documents: the usual standard error, as the root of the mean square of those of the runs, which is what the documents do; the two say different things and are not added.',
    formula: ['spread = sqrt(sum over seeds (score - mean)^2 / (seeds - 1))', 'stderr = sqrt(mean over seeds of stderr^2)'],
    source: 'this program',
    example: () => [`scores 0.30, 0.40 and 0.50: mean 0.40, spread ${show(0.1)}`],
  },
  {
    name: 'prompts',
    also: ['as in paper', 'differ from paper', 'subset', 'no reference', 'prompt'],
    title: 'column Prompts: whether they are those of the paper',
    definition:
      'as in paper: the fingerprint of all prompts equals the recorded one. differ from paper: it does not (other data, a chat template, a changed task). subset: a limit or a shard, so there is nothing to compare with. no reference: nobody recorded this task in this prompt family. `explain fingerprint` says what the fingerprint is; `eus-eval verify` says where prompts differ.',
    formula: ['fingerprint of the run = fingerprint in the records of the paper'],
    source: 'the task_hashes of the published results',
    example: () => ['--limit 10 on eus_trivia: subset'],
  },
  {
    name: 'documents',
    also: ['n', 'document', 'answers', 'battles', 'limit'],
    title: 'how many documents a number stands on',
    definition:
      'The documents that have a score. "20 of 24": four are unscored, because their requests failed. For compare the pairs that both runs have scored; with --limit the first of each task.',
    formula: ['documents = scored, of those evaluated'],
    source: HARNESS,
    example: () => ['eus_trivia has 1715 documents; --limit 100 takes the first 100'],
  },
  {
    name: 'cut',
    also: ['truncated', 'truncated_tokens', 'cut_answers', 'finish', 'empty', 'thinking'],
    title: 'prompts and answers that were too long',
    definition:
      'A prompt longer than the context of the model loses tokens at its beginning, as in the harness: examples first. An answer that reaches the limit of new tokens ends there and is scored as it is; --max-new-tokens allows more. Both are counted in the closing line of a run, and `eus-eval view` has a filter for them. A thought that never ends leaves an empty answer.',
    formula: ['prompt = last (context - new tokens) tokens'],
    source: HARNESS,
    example: () => ['a context of 2048, a prompt of 2100 tokens, one new token: the first 53 are cut'],
  },
  {
    name: 'n-shot',
    also: ['shots', 'few-shot', 'num_fewshot', 'fewshot'],
    title: 'examples before the question',
    definition:
      'How many solved examples stand in the prompt before the question, drawn with a fixed seed from another split, or from the same one without the document itself. `eus-eval show TASK` shows the whole prompt.',
    formula: ['prompt = description + examples + question'],
    source: HARNESS,
    example: () => ['eus_trivia: 5 examples, each with its letter'],
  },
  {
    name: 'filter',
    also: ['filters', 'filtered_resps'],
    title: 'what takes the answer out of a generated text',
    definition:
      'A text is scored after a filter has taken the part that counts out of it; one run has a score for each filter of a task. none: nothing is taken out, as with choices. strict-match and flexible-extract are explained by their own names.',
    formula: ['score = mean over documents of metric(filter(text), reference)'],
    source: HARNESS,
    example: () => ['"30 + 30 = 60. The answer is 60." -> flexible-extract: 60.'],
  },
  {
    name: 'version',
    also: ['versions', 'alias', 'value', 'metric', 'metrics', 'tasks', 'benchmark', 'model'],
    title: 'columns of the table of a run',
    definition:
      'Tasks: the benchmark, its groups and tasks below it. Version: of the task file; results of different versions are not compared. Metric and Value: what is measured and its mean, with an arrow for the better direction (bias is best at 0). Each metric is explained by its name.',
    formula: ['value = mean over scored documents, groups weighted by size'],
    source: HARNESS,
    example: () => ['eus_trivia, version 0: acc 0.4000 ± 0.1124, the higher the better'],
  },
  {
    name: 'rank',
    also: ['range', 'ranks', 'wins', 'win share'],
    title: 'place of a model, and the places it may have',
    definition:
      'The rank orders the scores. The range is what the interval leaves open: models that the votes cannot tell apart share places. Wins is the share of battles won, ties half; it depends on whom a model met, the score does not.',
    formula: ['lowest place = 1 + models whose interval lies wholly above'],
    source: 'Bradley and Terry 1952, with a bootstrap over battles',
    example: () => ['rank 2, range 2-3: better than all but one or two'],
  },
];
