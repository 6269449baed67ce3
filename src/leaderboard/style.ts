/** The style sheet of the leaderboard's page. */
import { TOKENS } from '../page/tokens.js';

/** Colours of groups in charts, told apart by colour-blind eyes too (after Okabe and Ito), each with a contrast of 3 to its ground. */
const LIGHT =
  '--c0: #00639c; --c1: #b4540a; --c2: #0b7a55; --c3: #9b3f86; --c4: #7a6200; --c5: #5b6472; --heat: #00639c; --tint: #0b6ea8; --shadow: rgb(27 33 48 / 16%);';
const DARK =
  '--c0: #6db9ea; --c1: #f0a04b; --c2: #5fcf9f; --c3: #e39ad0; --c4: #e0cf62; --c5: #aab2bf; --heat: #2f7fb5; --tint: #4aa3dc; --shadow: rgb(0 0 0 / 55%);';

export const STYLE = `${TOKENS}
:root { ${LIGHT} }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${DARK} } }
:root[data-theme="dark"] { ${DARK} }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); font-variant-numeric: tabular-nums; }
#app, noscript { display: block; max-width: 1680px; margin: 0 auto; padding: 0 clamp(14px, 3vw, 44px) 48px; }
header.top { display: flex; flex-wrap: wrap; gap: 14px 32px; align-items: flex-end; justify-content: space-between; padding: 38px 0 20px; }
h1 { font: 600 clamp(25px, 3.4vw, 38px)/1.14 var(--serif); letter-spacing: -0.014em; margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
.alert { margin: 0 0 14px; padding: 9px 14px; border-left: 4px solid var(--bad); background: var(--bad-band); max-width: none; overflow-wrap: anywhere; } .lede { margin: 8px 0 0; color: var(--soft); max-width: 80ch; }
h2 { font: 600 23px/1.25 var(--serif); margin: 0 0 2px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h3 { font: 600 18px/1.3 var(--serif); margin: 0 0 2px; } h4 { margin: 0 0 4px; font-size: 14.5px; font-weight: 620; }
p { margin: 6px 0; max-width: 84ch; } a { color: var(--blue); text-underline-offset: 2px; }
.switches { display: flex; flex-wrap: wrap; gap: 8px 12px; } .languages { display: inline-flex; }
.languages .tool { border-radius: 0; margin-left: -1px; } .languages .tool:first-child { border-radius: 7px 0 0 7px; } .languages .tool:last-child { border-radius: 0 7px 7px 0; }
[aria-pressed="true"] { background: var(--chosen); border-color: var(--blue); position: relative; z-index: 1; }
[role="tablist"] { display: flex; gap: 2px; border-bottom: 1px solid var(--line); overflow-x: auto; scrollbar-width: thin; }
[role="tab"] { border: 0; background: none; padding: 10px 15px 11px; cursor: pointer; color: var(--soft); font-weight: 550; border-bottom: 3px solid transparent; white-space: nowrap; }
[role="tab"]:hover { color: var(--ink); } [role="tab"][aria-selected="true"] { color: var(--ink); border-bottom-color: var(--blue); } [role="tab"]:focus-visible { outline-offset: -3px; }
main:focus { outline: none; }
.controls { display: flex; flex-wrap: wrap; gap: 10px 16px; align-items: center; margin: 16px 0 10px; }
.controls label { display: inline-flex; gap: 7px; align-items: center; color: var(--soft); font-size: 14px; max-width: 100%; } .controls label select { color: var(--ink); } .controls label input + span { color: var(--ink); }
.controls select { max-width: min(250px, 62vw); text-overflow: ellipsis; padding: 5px 8px; font-size: 14px; } .controls input[type="checkbox"] { width: 16px; height: 16px; accent-color: var(--blue); margin: 0; }
.search { border: 1px solid var(--line); background: var(--card); border-radius: 7px; padding: 7px 12px; width: min(270px, 100%); } .search::placeholder { color: var(--soft); opacity: 1; }
.count { color: var(--soft); font-size: 14px; flex-basis: 100%; line-height: 20px; } .controls + div .frame-wrap { margin-top: -30px; } .tool { font-size: 14px; } .tool.primary { background: var(--blue); border-color: var(--blue); color: var(--paper); }
.reading { font-size: 14px; margin-top: 10px; } .empty { color: var(--soft); padding: 28px 0; }

.frame-wrap { position: relative; }
.more-line { height: 26px; display: flex; justify-content: flex-end; } .more { border: 0; background: none; color: var(--blue); cursor: pointer; font-size: 14px; padding: 0 4px; font-weight: 550; }
.frame { position: relative; overflow: auto; max-height: calc(100dvh - 28px); border: 1px solid var(--line); border-radius: 10px; background: var(--card); overscroll-behavior-x: contain; scroll-padding-left: 300px; }
.frame-wrap::after { content: ""; position: absolute; z-index: 5; right: 1px; top: 27px; bottom: 1px; width: 34px; pointer-events: none; opacity: 0; transition: opacity .15s; background: linear-gradient(to left, var(--shadow), transparent); border-radius: 0 10px 10px 0; }
.frame-wrap.more-right::after { opacity: 1; }
table { border-collapse: separate; border-spacing: 0; } th { font-weight: 560; text-align: left; }
table.board { min-width: 100%; }
.board td, .board th { padding: 6px 11px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; background: var(--card); }
.board tbody tr:last-child > * { border-bottom: 0; }
.board thead th, .board thead td { position: sticky; top: 0; z-index: 2; vertical-align: bottom; font-size: 13.5px; }
.board .groups > * { height: 30px; padding-bottom: 3px; border-bottom: 0; color: var(--soft); font-weight: 500; font-size: 13px; text-align: left; } .board .groups + .heads > * { top: 30px; }
.board .group { border-left: 1px solid var(--line); } .outside { opacity: .95; font-style: italic; }
.board .first { border-left: 1px solid var(--line); }
.board .rank { position: sticky; left: 0; z-index: 1; width: 66px; min-width: 66px; max-width: 66px; text-align: center; padding: 6px 4px; color: var(--soft); }
.board .name { position: sticky; left: 66px; z-index: 1; text-align: left; min-width: 170px; max-width: 330px; white-space: normal; overflow-wrap: anywhere; border-right: 1px solid var(--line); font-weight: 500; }
.board thead .rank, .board thead .name { z-index: 4; } .board tbody tr:hover > * { background-color: var(--band); }
.frame-wrap.more-left .board .name { box-shadow: 6px 0 9px -6px var(--shadow); }
.model { border: 0; background: none; padding: 0; text-align: left; cursor: pointer; font-weight: 550; color: inherit; unicode-bidi: isolate; } button.model:hover { text-decoration: underline; text-underline-offset: 3px; }
.base > .name::after, .card.base .model::after { content: " ◆"; color: var(--orange); font-size: 11px; }
.how { margin-left: 8px; font-size: 12px; color: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; }
.sort { border: 0; background: none; padding: 0; cursor: pointer; font-weight: 600; font-size: 13.5px; text-align: inherit; white-space: normal; } .sort:hover { text-decoration: underline; text-underline-offset: 3px; }
th[aria-sort="descending"] .sort::after { content: " ↓"; } th[aria-sort="ascending"] .sort::after { content: " ↑"; }
th[aria-sort="descending"] .sort, th[aria-sort="ascending"] .sort { color: var(--blue); }
.under { display: block; margin: 1px 0 0 auto; color: var(--soft); font-size: 12.5px; font-weight: 400; } .about { border: 0; background: none; padding: 0; cursor: pointer; text-decoration: underline dotted; text-underline-offset: 3px; }
.se { display: block; font-size: 12px; line-height: 1.3; color: var(--soft); }
.board td.score { background-color: color-mix(in srgb, var(--tint) calc(var(--t, 0) * 19%), var(--card)); }
.best .num, .num.best { font-weight: 720; } td.score .se { color: color-mix(in srgb, var(--soft) 75%, var(--ink)); }
.chance .num { color: var(--soft); font-style: italic; } .incomplete .num, .num.incomplete { font-style: italic; color: var(--soft); } .missing { color: var(--soft); } .flag { color: var(--orange); margin-left: 2px; }
.average .se, .gain { display: inline-block; } .gain { font-size: 12px; line-height: 1.3; min-width: 42px; } .average .num { display: block; } .up { color: var(--good); } .down { color: var(--bad); } .fact { color: color-mix(in srgb, var(--soft) 60%, var(--ink)); font-size: 14px; }

.cards { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
.card { display: grid; grid-template-columns: 44px minmax(0, 1fr) auto; gap: 2px 10px; width: 100%; text-align: left; border: 0; border-bottom: 1px solid var(--line); background: none; padding: 11px 2px 12px; cursor: pointer; }
.card:hover { background: var(--band); } .card .rank { text-align: center; color: var(--soft); } .card .rank .num { font-size: 17px; font-weight: 600; color: var(--ink); } .card .who { min-width: 0; }
.card .model { display: block; overflow-wrap: anywhere; } .small { display: block; font-size: 13px; color: var(--soft); font-weight: 400; }
.card .value { text-align: right; } .card .value .num { font-size: 18px; font-weight: 560; } .card .value .best { font-weight: 740; }
.track { grid-column: 2 / 4; position: relative; height: 8px; margin-top: 5px; border-radius: 4px; background: var(--band); overflow: hidden; } .filled { position: absolute; inset: 0 auto 0 0; background: var(--bar); border-radius: 4px 0 0 4px; } .whisker { position: absolute; top: 2.5px; height: 3px; background: var(--ink); border-radius: 2px; opacity: .72; }
.others { grid-column: 2 / 4; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); margin-top: 3px; } .others .num { color: var(--ink); }
.options { flex-basis: 100%; } .options summary { cursor: pointer; color: var(--blue); font-size: 14px; padding: 2px 0; } .folded { display: flex; flex-direction: column; gap: 10px; padding: 8px 0 4px; } .folded label { justify-content: space-between; } .folded label:has(input) { justify-content: flex-start; }

figure { margin: 34px 0 0; } figcaption { max-width: 92ch; font-size: 14px; } figure .controls { margin: 8px 0 6px; } .drawing { max-width: 1180px; min-height: 40px; } .pictures figure:first-child { margin-top: 18px; } dialog figure { margin-top: 24px; }
.chart { display: block; max-width: 100%; overflow: visible; font-family: var(--sans); font-variant-numeric: tabular-nums; } .chart text { fill: var(--ink); } .chart .axis text { fill: var(--soft); } .chart .axis .title { fill: var(--ink); }
.grid { stroke: var(--line); stroke-width: 1; } .zero { stroke: var(--soft); stroke-dasharray: 4 4; } .leader { stroke: var(--soft); stroke-width: .8; opacity: .7; } .names text { paint-order: stroke; stroke: var(--paper); stroke-width: 4.5px; stroke-linejoin: round; } dialog .names text { stroke: var(--card); }
.errors line { stroke-width: 1.3; stroke-opacity: .34; } .mark { stroke: var(--paper); stroke-width: 1; }
${[0, 1, 2, 3, 4, 5].map((i) => `.mark.c${i} { fill: var(--c${i}); } .errors .c${i} { stroke: var(--c${i}); }`).join(' ')}
.best-so-far { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-opacity: .45; stroke-dasharray: 1 4; stroke-linecap: round; }
.row .bar { stroke: var(--blue); stroke-width: 2; stroke-opacity: .5; } .row .dot { fill: var(--blue); stroke: var(--blue); stroke-width: 1.5; } .row.good .dot { fill: var(--good); stroke: var(--good); } .row.good .bar { stroke: var(--good); } .row.bad .dot { fill: var(--bad); stroke: var(--bad); } .row.bad .bar { stroke: var(--bad); }
.row.none .dot { fill: var(--card); stroke: var(--soft); } .row.none .bar { stroke: var(--soft); } .range { stroke: var(--bar); stroke-width: 5; stroke-linecap: round; stroke-opacity: .6; } .median { stroke: var(--ink); stroke-width: 1.6; }
.heat .cell { fill: var(--heat); } .heat .none { fill: none; stroke: var(--line); } .heat .top { fill: var(--ink); } .heat .value { font-size: 12px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; padding: 0 0 0 46px; font-size: 14px; } .legend li { display: inline-flex; align-items: center; gap: 5px; }
.numbered { columns: 17em; column-gap: 28px; margin: 12px 0 0; padding-left: 2.4em; font-size: 13.5px; max-width: 1180px; } .numbered li { break-inside: avoid; overflow-wrap: anywhere; } .numbered li::marker { color: var(--soft); }
.question { margin-top: 30px; font-size: 21px; } .rho { font-weight: 400; color: var(--soft); margin-left: 10px; } .rhos { list-style: none; margin: 10px 0 6px; padding: 0; display: grid; gap: 2px; grid-template-columns: max-content 1fr; } .rhos li { display: contents; }
.scroll { position: relative; overflow-x: auto; max-width: 100%; } .plain th, .plain td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; text-align: left; } .plain thead th { color: var(--soft); font-weight: 500; font-size: 13.5px; vertical-align: bottom; } .plain td.num { text-align: right; display: table-cell; white-space: nowrap; } .plain tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 132px; } .plain .strong { font-weight: 650; } .nowrap { white-space: nowrap; } td.small { display: table-cell; } td.num.chance { color: var(--soft); font-style: italic; }
.arena td.num, .arena th:not(.name) { padding-left: 14px; } .arena thead th:not(:nth-child(2)) { text-align: right; }
.matrix { font-size: 13px; } .matrix td { text-align: center; padding: 4px 5px; min-width: 34px; border-right: 1px solid var(--paper); } .matrix thead th { height: 150px; padding: 0; } .matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 150px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .matrix th.name { position: sticky; left: 0; background: var(--paper); min-width: 130px; max-width: 240px; z-index: 1; }
.wins { background: color-mix(in srgb, var(--c0) calc(var(--t) * 34%), transparent); } .loses { background: color-mix(in srgb, var(--c1) calc(var(--t) * 34%), transparent); }

dialog { border: 1px solid var(--line); border-radius: 13px; background: var(--card); color: var(--ink); padding: 0; max-width: none; } dialog::backdrop { background: rgb(0 0 0 / 48%); }
dialog.detail { width: min(980px, 94vw); max-height: 92dvh; padding: 0 clamp(16px, 3vw, 34px) 30px; overflow-x: hidden; }
.detail-head { position: sticky; top: 0; z-index: 3; background: var(--card); display: flex; gap: 16px; justify-content: space-between; align-items: flex-start; padding: 22px 0 10px; } .detail-head h2 { unicode-bidi: isolate; } .detail-head p { margin: 2px 0 0; font-size: 14px; overflow-wrap: anywhere; }
.detail section { margin-top: 26px; } dl.facts { display: grid; grid-template-columns: minmax(112px, max-content) minmax(0, 1fr); gap: 4px 20px; margin: 8px 0 0; font-size: 14.5px; } .facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; } .links { display: inline-flex; flex-wrap: wrap; gap: 4px 18px; }
.profiles { display: grid; gap: 18px; margin-top: 8px; } .example { border: 1px solid var(--line); border-radius: 9px; background: var(--paper); padding: 12px 18px; margin-top: 6px; } .example pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 14.5px/1.55 var(--sans); } .choices { margin: 8px 0 0; padding-left: 1.3em; list-style: disc; } .choices .right { font-weight: 620; } .tag { margin-left: 10px; font-size: 12.5px; font-weight: 400; color: var(--good); border: 1px solid currentColor; border-radius: 5px; padding: 0 6px; }
dialog.choosing { width: min(560px, 94vw); max-height: 88dvh; padding: 20px 24px; } .choosing[open] { display: flex; flex-direction: column; } .choose { list-style: none; margin: 10px 0; padding: 0; overflow: auto; border: 1px solid var(--line); border-radius: 9px; } .choose li { display: flex; gap: 6px; align-items: center; padding: 3px 10px; border-bottom: 1px solid var(--line); min-height: 38px; } .choose li:last-child { border: 0; } .choose label { flex: 1; display: flex; gap: 9px; align-items: center; cursor: pointer; min-width: 0; } .choose .soft { font-size: 13px; } .choose input { width: 17px; height: 17px; accent-color: var(--blue); flex: none; } .choose .tool { padding: 2px 10px; } .buttons { display: flex; gap: 10px; justify-content: space-between; }
.notes { max-width: 96ch; padding-top: 18px; } .notes h3 { margin-top: 14px; } .notes li { margin: 5px 0; overflow-wrap: anywhere; }
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--soft); font-size: 14px; }
.facts dt::first-letter, .controls label > span::first-letter, .plain thead th::first-letter, .board .group::first-letter { text-transform: uppercase; }
@media (min-width: 1200px) { .board .name { min-width: 248px; } }
@media (min-width: 2000px) { body { font-size: 16.5px; } #app { max-width: 2300px; } .board td, .board th { padding: 7px 15px; } .drawing { max-width: 1500px; } .sort, .board thead th { font-size: 14.5px; } }
@media (max-width: 699px) {
  header.top { padding: 22px 0 14px; } .languages .tool, #theme { padding: 5px 9px; } [role="tab"] { padding: 9px 11px 10px; } .search { width: 100%; } .controls > label { flex: 1 1 auto; justify-content: space-between; } .controls > label select { flex: 1; max-width: none; min-width: 0; }
  .arena td.lesser, .arena th.lesser { display: none; } .arena td.num, .arena th:not(.name) { padding-left: 6px; padding-right: 6px; }
  dialog.detail { width: 100vw; max-width: 100vw; height: 100dvh; max-height: 100dvh; border: 0; border-radius: 0; margin: 0; } dl.facts { grid-template-columns: minmax(92px, max-content) minmax(0, 1fr); } .legend { padding-left: 0; }
}
@media (forced-colors: active) { .filled, .whisker { background: CanvasText; } [aria-pressed="true"], [role="tab"][aria-selected="true"] { outline: 2px solid Highlight; } .mark, .row .dot { fill: CanvasText; } }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; scroll-behavior: auto !important; } }
@media print { .switches, .controls, .more-line, [role="tablist"], footer, .skip { display: none !important; } .frame { max-height: none; overflow: visible; border: 0; } .board td, .board th { position: static !important; padding: 3px 6px; font-size: 9px; } body { background: #fff; } }
`;
