/** Names of the processes of an arena. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { randomId } from './identity.js';

/** This machine, without its name in the database. */
function machine(): string {
  return createHash('sha256').update(hostname()).digest('base64url').slice(0, 12);
}

/** Returns a name for this process: machine, process number, chance. */
export function processName(): string {
  return `${machine()}.${process.pid}.${randomId()}`;
}

/**
 * Tells whether a process of this machine is certainly gone: nothing has its number. False says nothing, since numbers are given again.
 */
export function isGone(name: string): boolean {
  const [where, pid] = name.split('.');
  if (where !== machine()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
