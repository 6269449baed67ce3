/** Progress on standard error: a bar on a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Sets the number of documents of the whole run, as far as known. */
  total(documents: number): void;
  /** A document is done; `asked` is false when its answer came from the journal and says nothing about speed. */
  done(task: string, asked: boolean): void;
  /** Prints a line that stays. */
  line(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  /** What the backend says of itself, shown at the end of the line. */
  readonly status: () => string;
  readonly now: () => number;
  readonly quiet: boolean;
}

/** Seconds between plain lines where there is no terminal. */
const PLAIN_INTERVAL = 15;

/**
 * Makes the progress display of a run: documents, rate and time left.
 */
export function makeProgress(options: ProgressOptions): Progress {
  if (options.quiet) return { total: () => {}, done: () => {}, line: () => {}, stop: () => {} };
  const meter = makeMeter(options.now);
  return options.stream.isTTY === true ? barProgress(options, meter) : plainProgress(options, meter);
}

interface Meter {
  total: number;
  finished: number;
  asked: number;
  rate(): number;
  /** Seconds left, or null while nothing was asked yet. */
  left(): number | null;
}

function makeMeter(now: () => number): Meter {
  let first: number | null = null;
  const meter: Meter = {
    total: 0,
    finished: 0,
    asked: 0,
    rate: () => {
      first ??= now();
      const seconds = (now() - first) / 1000;
      return seconds > 0 ? meter.asked / seconds : 0;
    },
    left: () => {
      const rate = meter.rate();
      return rate > 0 ? Math.max(0, meter.total - meter.finished) / rate : null;
    },
  };
  meter.rate();
  return meter;
}

/**
 * Returns a duration in words a person reads at a glance: `42 s`, `7 min`, `3.2 h`.
 */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function describe(meter: Meter, status: string): string {
  const left = meter.left();
  const parts = [
    `${meter.rate().toFixed(meter.rate() < 10 ? 2 : 0)} documents/s`,
    left === null ? 'time left unknown' : `${duration(left)} left`,
  ];
  if (status !== '') parts.push(status);
  return parts.join(', ');
}

function barProgress(options: ProgressOptions, meter: Meter): Progress {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} documents, {info} · {task}', stream: options.stream, hideCursor: true, clearOnComplete: true, fps: 5 },
    Presets.shades_classic,
  );
  let started = false;
  return {
    total: (documents) => {
      meter.total = documents;
      if (started) bar.setTotal(documents);
      else bar.start(documents, 0, { info: '', task: '' });
      started = true;
    },
    done: (task, asked) => {
      meter.finished += 1;
      if (asked) meter.asked += 1;
      bar.update(meter.finished, { info: describe(meter, options.status()), task });
    },
    line: (text) => {
      if (started) bar.stop();
      options.stream.write(`${text}\n`);
      if (started) bar.start(meter.total, meter.finished, { info: describe(meter, options.status()), task: '' });
    },
    stop: () => {
      if (started) bar.stop();
      started = false;
    },
  };
}

function plainProgress(options: ProgressOptions, meter: Meter): Progress {
  let last = options.now();
  return {
    total: (documents) => {
      meter.total = documents;
    },
    done: (task, asked) => {
      meter.finished += 1;
      if (asked) meter.asked += 1;
      if ((options.now() - last) / 1000 < PLAIN_INTERVAL) return;
      last = options.now();
      options.stream.write(`${meter.finished}/${meter.total} documents, ${describe(meter, options.status())}, ${task}\n`);
    },
    line: (text) => {
      options.stream.write(`${text}\n`);
    },
    stop: () => {},
  };
}
