/** Opens an address in the user's browser. */
import { spawn } from 'node:child_process';

/**
 * Starts the browser of this machine; returns false where there is none to start. Does not wait for it, and it may outlive this process; `onFailure` is called where it does not start after all.
 */
export function openInBrowser(url: string, onFailure: () => void): boolean {
  const command = commandFor(process.platform, process.env);
  if (command === null) return false;
  const [name, ...args] = command;
  const child = spawn(name, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', onFailure);
  child.unref();
  return true;
}

/**
 * Returns the command that opens an address, or null where there is no screen to show it on (a server, a session over SSH).
 */
export function commandFor(platform: string, env: Readonly<Record<string, string | undefined>>): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open'];
  // `start` is a word of the shell; the empty title keeps it from taking the address for one.
  // Takes the address as it is; `start` would pass it through a shell.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const screen = env.DISPLAY ?? env.WAYLAND_DISPLAY ?? '';
  return screen === '' ? null : ['xdg-open'];
}
