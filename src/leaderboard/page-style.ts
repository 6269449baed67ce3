/** The style sheet of the page. */

export const STYLE = `
:root {
  --paper: #fbfbf9; --card: #ffffff; --ink: #1b2130; --soft: #545d6b; --line: #dfe2e6; --band: #f2f3f1;
  --blue: #00639c; --orange: #a84f00; --best: #0b6b4b; --best-band: #e2f2ea; --tint: 0, 99, 156; --focus: #00639c;
  --sans: "Inter", "Source Sans 3", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif;
  --serif: "Source Serif 4", "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif;
  color-scheme: light;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    --paper: #12151b; --card: #181c24; --ink: #eceef2; --soft: #aab2bf; --line: #2c323d; --band: #1f242e;
    --blue: #6db9ea; --orange: #f0a04b; --best: #79d3ad; --best-band: #173a2d; --tint: 109, 185, 234; --focus: #8ccbf3; color-scheme: dark;
  }
}
:root[data-theme="dark"] {
  --paper: #12151b; --card: #181c24; --ink: #eceef2; --soft: #aab2bf; --line: #2c323d; --band: #1f242e;
  --blue: #6db9ea; --orange: #f0a04b; --best: #79d3ad; --best-band: #173a2d; --tint: 109, 185, 234; --focus: #8ccbf3; color-scheme: dark;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
.wrap { max-width: 1500px; margin: 0 auto; padding: 0 clamp(16px, 3vw, 40px) 64px; }
header.top { padding: 44px 0 22px; display: flex; flex-wrap: wrap; gap: 12px 32px; align-items: flex-end; justify-content: space-between; }
h1 { font: 600 clamp(28px, 4vw, 42px)/1.12 var(--serif); letter-spacing: -0.015em; margin: 0; }
.lede { margin: 10px 0 0; max-width: 66ch; color: var(--soft); }
h2 { font: 600 25px/1.25 var(--serif); margin: 34px 0 4px; letter-spacing: -0.01em; }
h3 { font: 600 18px/1.3 var(--serif); margin: 0 0 2px; }
p { margin: 6px 0; max-width: 78ch; }
.soft { color: var(--soft); }
a { color: var(--blue); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 12px; background: var(--card); padding: 8px 12px; z-index: 9; }
button, input[type="search"], select { font: inherit; color: inherit; }
.tool { border: 1px solid var(--line); background: var(--card); border-radius: 7px; padding: 6px 12px; cursor: pointer; }
.tool:hover { border-color: var(--soft); }
[role="tablist"] { display: flex; flex-wrap: wrap; gap: 2px; border-bottom: 1px solid var(--line); margin-top: 4px; }
[role="tab"] { border: 0; background: none; padding: 10px 16px 11px; cursor: pointer; color: var(--soft); font-weight: 550; border-bottom: 3px solid transparent; margin-bottom: -1px; }
[role="tab"]:hover { color: var(--ink); }
[role="tab"][aria-selected="true"] { color: var(--ink); border-bottom-color: var(--blue); }
.controls { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; margin: 18px 0 12px; }
.controls input[type="search"] { border: 1px solid var(--line); background: var(--card); border-radius: 7px; padding: 7px 11px; min-width: min(300px, 100%); }
.controls input::placeholder { color: var(--soft); opacity: 1; }
.controls label { display: inline-flex; gap: 7px; align-items: center; }
.shown { color: var(--soft); }
.frame { border: 1px solid var(--line); border-radius: 10px; background: var(--card); overflow: auto; position: relative; }
.frame.tall { max-height: min(86vh, 1100px); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; padding: 12px 14px 4px; color: var(--soft); font-size: 13.5px; }
th, td { padding: 5px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { background: var(--card); font-weight: 600; vertical-align: bottom; font-size: 13px; }
thead tr:first-child th.group { text-align: left; color: var(--soft); font: italic 500 13.5px/1.3 var(--serif); border-left: 1px solid var(--line); padding-top: 10px; }
thead .docs { display: block; font-weight: 400; font-size: 11.5px; color: var(--soft); }
thead tr:last-child { position: sticky; top: 0; z-index: 3; }
thead tr:last-child th { position: sticky; top: 0; z-index: 3; border-bottom: 2px solid var(--line); }
th.name { text-align: left; position: sticky; left: 0; background: var(--card); z-index: 2; min-width: 190px; max-width: 340px; overflow: hidden; text-overflow: ellipsis; font-weight: 550; border-right: 1px solid var(--line); }
thead tr:last-child th.name { z-index: 4; }
th.name .how { font-size: 11.5px; color: var(--soft); font-weight: 400; }
tbody tr:hover > * { background: var(--band); }
tbody tr[data-base] th.name::after { content: "base"; font-size: 11px; color: var(--orange); border: 1px solid currentColor; border-radius: 4px; padding: 0 4px; margin-left: 8px; }
.sort { border: 0; background: none; padding: 4px 0; cursor: pointer; font: inherit; text-align: inherit; color: inherit; }
.sort::after { content: "\\2195"; color: var(--soft); opacity: .55; margin-left: 4px; font-size: 11px; }
[aria-sort="descending"] .sort::after { content: "\\2193"; opacity: 1; color: var(--blue); }
[aria-sort="ascending"] .sort::after { content: "\\2191"; opacity: 1; color: var(--blue); }
.first { border-left: 1px solid var(--line); }
td .se, td .gain { display: block; font-size: 11px; font-weight: 450; color: var(--soft); line-height: 1.15; }
.wide td .num { min-width: 56px; } .wide td .se, .wide td .gain { display: inline-block; font-size: 12.5px; margin-left: 10px; min-width: 46px; text-align: right; }
.wide td .gain { min-width: 62px; } .wide th, .wide td { padding-top: 7px; padding-bottom: 7px; }
.no-se td .se { display: none; }
td .num { display: inline-block; line-height: 1.3; }
td.avg { font-weight: 620; background: var(--band); }
td.best .num { font-weight: 700; color: var(--best); background: var(--best-band); border-radius: 5px; padding: 0 5px; margin-right: -5px; box-shadow: inset 0 -2px 0 var(--best); }
td.missing { color: var(--soft); }
td.incomplete .num { font-style: italic; font-weight: 450; color: var(--soft); }
.flag { color: var(--orange); font-weight: 700; }
td .gain.up { color: var(--blue); } td .gain.down { color: var(--orange); }
figure { margin: 28px 0 0; padding: 18px 20px 12px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); break-inside: avoid; }
figure .scroll { overflow-x: auto; position: relative; }
figure .scroll.frame { border: 0; border-radius: 0; }
figure svg { max-width: 100%; height: auto; min-width: min(560px, 160vw); display: block; margin: 6px auto 0; font-family: var(--sans); }
figcaption { color: var(--soft); max-width: 90ch; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr)); gap: 0 24px; }
.matrix td { text-align: center; padding: 5px 6px; font-size: 12.5px; min-width: 44px; }
.matrix thead th { font-size: 11.5px; font-weight: 500; }
.matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 190px; overflow: hidden; text-overflow: ellipsis; }
ul.notes { padding-left: 20px; max-width: 96ch; } ul.notes li { margin: 4px 0; overflow-wrap: anywhere; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.js-only { display: none !important; } .js .js-only { display: revert !important; } .js [role="tablist"].js-only, .js .controls.js-only { display: flex !important; }
section[role="tabpanel"] { scroll-margin-top: 420px; }
[hidden] { display: none !important; }
footer { margin-top: 44px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13.5px; }
@media (max-width: 640px) { th.name { min-width: 130px; max-width: 170px; white-space: normal; overflow-wrap: anywhere; } header.top { padding-top: 26px; } }
@media (prefers-reduced-motion: no-preference) { .tool, [role="tab"] { transition: color .12s, border-color .12s; } }
@media print {
  :root, :root[data-theme] { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --band: #f4f4f4; --blue: #00527f; --orange: #8a4100; --best: #064; --best-band: #eee; }
  @page { size: A3 landscape; margin: 12mm; }
  body { font-size: 10.5px; } .wrap { max-width: none; padding: 0; }
  .js .controls.js-only, .js [role="tablist"].js-only, .js .tool.js-only, .skip { display: none !important; }
  [role="tabpanel"][hidden] { display: block !important; }
  .frame { overflow: visible; max-height: none; border: 0; } th.name, thead tr:last-child th { position: static; }
  th, td { padding: 2px 5px; } thead { display: table-header-group; } tr, figure { break-inside: avoid; }
  section[role="tabpanel"] { break-before: page; } section[role="tabpanel"]:first-of-type { break-before: auto; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
