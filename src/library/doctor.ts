/** What is found out about an installation. */
export { cpuWorks, examine } from '../doctor/examine.js';
export type { Finding } from '../doctor/finding.js';
