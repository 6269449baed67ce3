/** Style sheet of the arena's pages: one column on a phone, both answers side by side where there is room; light and dark. */
import { TOKENS } from '../../page/tokens.js';

export const STYLE = `${TOKENS}
body { margin: 0; overflow-wrap: anywhere; font: 1rem/1.5 var(--sans); color: var(--ink); background: var(--paper); }
header, main, #status { max-width: 72rem; margin: 0 auto; padding: 0.5rem 1rem; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.5rem; border-bottom: 1px solid var(--line); }
.name { font-weight: 700; margin: 0; }
nav a { margin-left: 0.75rem; }
a { color: var(--blue); }
a[aria-current] { font-weight: 700; text-decoration: none; }
main:focus { outline: none; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; } h3 { font-size: 1rem; }
form, fieldset { margin: 0 0 1rem; }
fieldset { border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.5rem 1rem; }
label { display: block; margin: 0.5rem 0; }
label.check { display: flex; gap: 0.5rem; align-items: flex-start; }
input[type=text], input[type=password], select, textarea { display: block; width: 100%; max-width: 40rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 0.3rem; padding: 0.5rem; }
textarea { min-height: 5rem; max-width: none; }
button { font: inherit; min-height: 2.75rem; padding: 0.4rem 1rem; border: 1px solid var(--blue); border-radius: 0.3rem; background: var(--paper); color: var(--blue); cursor: pointer; margin: 0.25rem 0.25rem 0.25rem 0; }
button.main, button[aria-pressed=true] { background: var(--blue); color: var(--card); font-weight: 600; }
button:disabled { opacity: 0.6; cursor: not-allowed; }
.sides { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 48rem) { .sides { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
.answer { border: 1px solid var(--line); border-radius: 0.4rem; padding: 0 1rem; background: var(--band); overflow-wrap: anywhere; }
.answer pre { overflow-x: auto; white-space: pre; background: var(--paper); padding: 0.5rem; }
.you { border-left: 4px solid var(--blue); padding-left: 0.75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.notice { border: 1px solid var(--line); border-left: 4px solid var(--blue); padding: 0.75rem; }
.error { color: var(--bad); font-weight: 600; }
.passphrase { font: 1.2rem/1.6 ui-monospace, monospace; user-select: all; overflow-wrap: anywhere; }
.hint { color: var(--ink); font-size: 0.9rem; }
#status { min-height: 2rem; }
.scroll { overflow-x: auto; overflow-wrap: normal; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.chart { max-width: 40rem; width: 100%; height: auto; }
.chart rect { fill: var(--blue); } .chart text { fill: var(--ink); font-size: 12px; }
details > summary { cursor: pointer; }
`;
