/** Colours and type of pages, light and dark. Every pair of text and ground that is used has a contrast of 4.5 or more (WCAG AA). */

const LIGHT = `--paper: #fbfbf9; --card: #ffffff; --ink: #1b2130; --soft: #545d6b; --line: #dfe2e6; --band: #f2f3f1; --chosen: #e6eff7;
  --blue: #00639c; --orange: #a84f00; --good: #0b6b4b; --good-band: #e2f2ea; --bad: #a3302a; --bad-band: #fbe9e7; --bar: #9bb8cc; --focus: #00639c; color-scheme: light;`;
const DARK = `--paper: #12151b; --card: #181c24; --ink: #eceef2; --soft: #aab2bf; --line: #2c323d; --band: #1f242e; --chosen: #22344a;
  --blue: #6db9ea; --orange: #f0a04b; --good: #79d3ad; --good-band: #173a2d; --bad: #f09a90; --bad-band: #43201f; --bar: #4f6e85; --focus: #8ccbf3; color-scheme: dark;`;

/** Rules that come first in a style sheet. */
export const TOKENS = `
:root { ${LIGHT}
  --sans: "Inter", "Source Sans 3", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif;
  --serif: "Source Serif 4", "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif;
  --mono: ui-monospace, "SF Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${DARK} } }
:root[data-theme="dark"] { ${DARK} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 12px; background: var(--card); padding: 8px 12px; z-index: 9; }
[hidden] { display: none !important; }
button, input, select { font: inherit; color: inherit; }
.tool { border: 1px solid var(--line); background: var(--card); border-radius: 7px; padding: 6px 12px; cursor: pointer; max-width: 100%; }
.tool:hover { border-color: var(--soft); }
.soft { color: var(--soft); }
`;
