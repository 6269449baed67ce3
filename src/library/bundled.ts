import { packagePath } from '../package-files.js';

/** Folder with the made-up documents that come with the package, for `data`: enough to see that everything works. */
export const BUNDLED_DATA = packagePath('fixtures/data');
