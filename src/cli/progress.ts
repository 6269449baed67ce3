/** Progress on standard error: a line that is written over on a terminal, plain lines elsewhere. */

import type { SecondsRange } from '../forecast.js';
import type { OnProgress } from '../run/events.js';
import { type Screen, widthOf } from '../terminal/screen.js';
import { type Meter, makeMeter } from './time-left.js';

export interface DisplayOptions {
  readonly stream: Pick<NodeJS.WriteStream, 'columns' | 'isTTY'> & { write(text: string): boolean };
  readonly screen: Screen;
  readonly now: () => number;
  readonly quiet: boolean;
}

/** What a command shows of a run while it is going on. */
export interface Display {
  readonly onProgress: OnProgress;
  /** Prints a line, above the line of progress where there is one. */
  readonly print: (line: string) => void;
}

/** Milliseconds between plain lines where there is no terminal. */
const PLAIN_INTERVAL = 15_000;
/** Milliseconds between two looks of the line. */
const REDRAW = 250;
const ERASE = '\r\u001b[K';

/** A pass over the documents. */
interface Pass {
  readonly meter: Meter;
  /** What the backend says of itself, shown at the end of the line. */
  readonly status: () => string;
  /** The task of the last document. */
  task: string;
  /** Draws the line on a terminal, from the first documents that are known. */
  timer: ReturnType<typeof setInterval> | null;
  /** When the last plain line was written. */
  told: number;
}

/**
 * Returns the display of a run: its events as lines and as a line of progress with documents, rate and time left.
 */
export function runDisplay({ stream, screen, now, quiet }: DisplayOptions): Display {
  const live = stream.isTTY === true;
  let pass: Pass | null = null;
  let expected: SecondsRange | null = null;
  const draw = ({ meter, status, task }: Pass): void => {
    // The window may have been made narrower meanwhile.
    stream.write(`${ERASE}${progressLine(meter, status(), task, (stream.columns || screen.width) - 1)}`);
  };
  const print = (line: string): void => {
    const drawn = pass !== null && pass.timer !== null;
    stream.write(`${drawn ? ERASE : ''}${line}\n`);
    if (pass !== null && drawn) draw(pass);
  };
  const show = (one: Pass): void => {
    if (!live || one.timer !== null) return;
    one.timer = setInterval(() => draw(one), REDRAW);
    one.timer.unref();
    draw(one);
  };
  const tell = (one: Pass): void => {
    if (live || now() - one.told < PLAIN_INTERVAL) return;
    one.told = now();
    stream.write(`${parts(one.meter, one.status(), one.task).join(', ')}\n`);
  };
  const onProgress: OnProgress = (event) => {
    if (event.kind === 'warning') return print(`eus-eval: ${event.text}`);
    if (quiet) return;
    switch (event.kind) {
      case 'message':
      case 'task':
        return print(event.text);
      case 'forecast':
        expected = event.seconds;
        return;
      case 'started':
        pass = { meter: makeMeter(now), status: event.status, task: '', timer: null, told: now() };
        if (expected !== null) pass.meter.forecast(expected);
        expected = null;
        return;
    }
    if (pass === null) return;
    switch (event.kind) {
      case 'expected':
        pass.meter.expect(event.tasks);
        return show(pass);
      case 'document':
        pass.meter.done(event.task, event.asked);
        pass.task = event.task;
        return tell(pass);
      case 'ended':
        if (pass.timer === null) return;
        clearInterval(pass.timer);
        pass.timer = null;
        stream.write(ERASE);
    }
  };
  return { print, onProgress };
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
