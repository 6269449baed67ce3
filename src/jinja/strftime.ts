import { at } from '../at.js';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * Returns a time in the format of Python's `strftime`, with English names as in the C locale; times are UTC. A directive that Python leaves to the C
 * library and that is not known here stays as it is written.
 */
export function strftime(now: Date, format: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const month = at(MONTHS, now.getUTCMonth());
  const day = at(DAYS, now.getUTCDay());
  const hour = now.getUTCHours();
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  const ofYear = Math.floor((now.getTime() - Date.UTC(now.getUTCFullYear(), 0, 1)) / MILLISECONDS_PER_DAY);
  const monday = (now.getUTCDay() + 6) % 7;
  const time = `${two(hour)}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
  const padded = String(now.getUTCDate()).padStart(2);
  const date = `${two(now.getUTCMonth() + 1)}/${two(now.getUTCDate())}/${two(now.getUTCFullYear() % 100)}`;
  const parts: Readonly<Record<string, string>> = {
    Y: String(now.getUTCFullYear()),
    y: two(now.getUTCFullYear() % 100),
    C: two(Math.floor(now.getUTCFullYear() / 100)),
    m: two(now.getUTCMonth() + 1),
    d: two(now.getUTCDate()),
    e: padded,
    j: String(ofYear + 1).padStart(3, '0'),
    B: month,
    b: month.slice(0, 3),
    h: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    w: String(now.getUTCDay()),
    u: String(monday + 1),
    U: two(Math.floor((ofYear + 7 - now.getUTCDay()) / 7)),
    W: two(Math.floor((ofYear + 7 - monday) / 7)),
    H: two(hour),
    I: two(twelve),
    p: hour < 12 ? 'AM' : 'PM',
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    f: String(now.getUTCMilliseconds() * 1000).padStart(6, '0'),
    D: date,
    x: date,
    F: `${now.getUTCFullYear()}-${two(now.getUTCMonth() + 1)}-${two(now.getUTCDate())}`,
    T: time,
    X: time,
    R: time.slice(0, 5),
    c: `${day.slice(0, 3)} ${month.slice(0, 3)} ${padded} ${time} ${now.getUTCFullYear()}`,
    n: '\n',
    t: '\t',
    z: '',
    Z: '',
    '%': '%',
  };
  // `%-d` leaves out the zeros in front.
  return format.replace(/%(-?)(.)/gs, (whole, minus: string, letter: string) => {
    const part = Object.hasOwn(parts, letter) ? parts[letter] : undefined;
    if (part === undefined) return whole;
    return minus === '' ? part : part.replace(/^[0 ]+(?=\d)/, '');
  });
}
