/** Which C library this process runs on. */

/**
 * Returns the version of glibc as [major, minor], or null where Node runs on another C library (musl of Alpine, for example) or system.
 */
export function glibcVersion(): readonly [number, number] | null {
  // Without the network interfaces, whose names would be looked up.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  const header = typeof report === 'object' && report !== null && 'header' in report ? report.header : null;
  const text = typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header ? String(header.glibcVersionRuntime) : '';
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}
