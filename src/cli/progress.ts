/** Progress on standard error: a line that is written over on a terminal, plain lines elsewhere. */

import type { SecondsRange } from '../forecast.js';
import type { Expected, OnProgress } from '../run/events.js';
import type { Screen } from '../terminal/screen.js';
import { widthOf } from '../terminal/screen.js';
import { type Meter, makeMeter } from './time-left.js';

export interface Progress {
  /** Sets the documents of the whole run by task, as far as known. */
  total(tasks: readonly Expected[]): void;
  /** What the whole run is expected to take, before any answer. */
  forecast(seconds: SecondsRange): void;
  /** A document is done; `asked` is false when its answer came from the journal and says nothing about speed. */
  done(task: string, asked: boolean): void;
  /** Prints a line that stays. */
  line(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: Pick<NodeJS.WriteStream, 'columns' | 'isTTY'> & { write(text: string): boolean };
  readonly screen: Screen;
  /** What the backend says of itself, shown at the end of the line. */
  readonly status: () => string;
  readonly now: () => number;
  readonly quiet: boolean;
}

/** Seconds between plain lines where there is no terminal. */
const PLAIN_INTERVAL = 15;
/** Milliseconds between two looks of the line. */
const REDRAW = 250;
const ERASE = '\r\u001b[K';

/**
 * Makes the progress display of a run: documents, rate and time left.
 */
export function makeProgress(options: ProgressOptions): Progress {
  if (options.quiet) return { total: () => {}, forecast: () => {}, done: () => {}, line: () => {}, stop: () => {} };
  const meter = makeMeter(options.now);
  return options.stream.isTTY === true ? liveProgress(options, meter) : plainProgress(options, meter);
}

/** What a command shows of a run while it is going on. */
export interface Display {
  readonly onProgress: OnProgress;
  /** Prints a line, above the line of progress where there is one. */
  readonly print: (line: string) => void;
}

/**
 * Returns the display of a run: its events as lines and as a line of progress.
 */
export function runDisplay({ stream, screen, now, quiet }: Omit<ProgressOptions, 'status'>): Display {
  let progress: Progress | null = null;
  let expected: SecondsRange | null = null;
  const print = (line: string): void => {
    if (progress === null || quiet) stream.write(`${line}\n`);
    else progress.line(line);
  };
  return {
    print,
    onProgress: (event) => {
      switch (event.kind) {
        case 'message':
          return quiet ? undefined : print(event.text);
        case 'warning':
          return print(`eus-eval: ${event.text}`);
        case 'started':
          progress = makeProgress({ stream, screen, now, quiet, status: event.status });
          if (expected !== null) progress.forecast(expected);
          expected = null;
          return;
        case 'expected':
          return progress?.total(event.tasks);
        case 'forecast':
          expected = event.seconds;
          return;
        case 'document':
          return progress?.done(event.task, event.asked);
        case 'task':
          return progress?.line(event.text);
        case 'ended':
          return progress?.stop();
      }
    },
  };
}

/**
 * Returns a duration in words a person reads at a glance: `42 s`, `7 min`, `3.2 h`.
 */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** What the line says, the most important first. */
function parts(meter: Meter, status: string, task: string): string[] {
  const rate = meter.rate();
  const { seconds, whole, rough = false } = meter.left();
  const left = seconds === null ? 'time left not known yet' : `${rough ? 'about ' : whole ? '' : 'more than '}${duration(seconds)} left`;
  const speed = rate === null ? [] : [`${rate.toFixed(rate < 10 ? 2 : 0)} documents/s`];
  return [`${meter.finished}/${meter.total} documents`, left, ...speed, ...(status === '' ? [] : [status]), ...(task === '' ? [] : [task])];
}

const BAR = { full: '█', empty: '░', most: 24 } as const;

/**
 * Returns the progress line for a width: what does not fit is left out from the end, and the bar takes what is free.
 */
export function progressLine(meter: Meter, status: string, task: string, width: number): string {
  const said = parts(meter, status, task);
  while (said.length > 1 && widthOf(said.join(', ')) + 8 > width) said.pop();
  const text = said.join(', ');
  const room = Math.min(BAR.most, width - widthOf(text) - 2);
  if (room < 4) return text.slice(0, Math.max(0, width - 1));
  const full = meter.total === 0 ? 0 : Math.floor((room * Math.min(meter.finished, meter.total)) / meter.total);
  return `${BAR.full.repeat(full)}${BAR.empty.repeat(room - full)} ${text}`;
}

function liveProgress({ stream, screen, status }: ProgressOptions, meter: Meter): Progress {
  let current = '';
  let timer: ReturnType<typeof setInterval> | null = null;
  const draw = (): void => {
    // The window may have been made narrower meanwhile.
    const width = (stream.columns || screen.width) - 1;
    stream.write(`${ERASE}${progressLine(meter, status(), current, width)}`);
  };
  const start = (): void => {
    if (timer !== null) return;
    timer = setInterval(draw, REDRAW);
    timer.unref();
    draw();
  };
  return {
    total: (tasks) => {
      meter.expect(tasks);
      start();
    },
    forecast: (seconds) => meter.forecast(seconds),
    done: (task, asked) => {
      meter.done(task, asked);
      current = task;
    },
    line: (text) => {
      stream.write(`${ERASE}${text}\n`);
      if (timer !== null) draw();
    },
    stop: () => {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      stream.write(ERASE);
    },
  };
}

function plainProgress(options: ProgressOptions, meter: Meter): Progress {
  let last = options.now();
  return {
    total: (tasks) => meter.expect(tasks),
    forecast: (seconds) => meter.forecast(seconds),
    done: (task, asked) => {
      meter.done(task, asked);
      if ((options.now() - last) / 1000 < PLAIN_INTERVAL) return;
      last = options.now();
      options.stream.write(`${parts(meter, options.status(), task).join(', ')}\n`);
    },
    line: (text) => {
      options.stream.write(`${text}\n`);
    },
    stop: () => {},
  };
}
