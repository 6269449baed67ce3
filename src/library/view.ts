/** Results document by document, in the browser. */
import path from 'node:path';
import { writeFiles } from '../leaderboard/write-files.js';
import { openInBrowser } from '../view/browser.js';
import { findRuns } from '../view/catalog.js';
import { makeSource } from '../view/engine.js';
import { exportData } from '../view/export.js';
import { makeFileProvider } from '../view/files.js';
import { viewPage } from '../view/page.js';
import { serveView } from '../view/serve.js';

/** A page that is served until it is closed. */
export interface OpenView {
  readonly url: string;
  /** Opens it in the browser of this machine; false where there is none, `onFailure` where it does not start. */
  show(onFailure: () => void): boolean;
  close(): Promise<void>;
}

/**
 * Serves results of folders on 127.0.0.1; `tasks` are the only ones to show, or null, and port 0 is a free one. Throws `UserError` where there are none.
 */
export async function openView(dirs: readonly string[], tasks: readonly string[] | null, port: number): Promise<OpenView> {
  const provider = makeFileProvider(await findRuns(dirs, tasks));
  const stop = new AbortController();
  try {
    const server = await serveView(makeSource(provider), port);
    void provider.indexAll(stop.signal);
    return {
      url: server.url,
      show: (onFailure) => openInBrowser(server.urlForOnce(), onFailure),
      close: async () => {
        stop.abort();
        await server.close();
        await provider.close();
      },
    };
  } catch (error) {
    await provider.close();
    throw error;
  }
}

/**
 * Writes results of folders into one HTML file that needs no server. Throws `UserError` where there are none, or the file cannot be written.
 */
export async function exportView(dirs: readonly string[], tasks: readonly string[] | null, file: string): Promise<void> {
  const provider = makeFileProvider(await findRuns(dirs, tasks));
  try {
    const { html } = await viewPage(await exportData(provider));
    await writeFiles(path.dirname(file), new Map([[path.basename(file), html]]));
  } finally {
    await provider.close();
  }
}
