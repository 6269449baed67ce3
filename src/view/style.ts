/** The style sheet of the page of `view`. Three panes on a wide screen, two on a tablet, one on a telephone. */
import { TOKENS } from '../page/tokens.js';

export const STYLE = `${TOKENS}
html, body { height: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
#app { height: 100dvh; display: flex; flex-direction: column; }
header.top { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; padding: 10px clamp(12px, 2vw, 24px); border-bottom: 1px solid var(--line); }
h1 { font: 600 21px/1.2 var(--serif); margin: 0 auto 0 0; }
header.top label { display: inline-flex; gap: 7px; align-items: center; min-width: 0; }
header.top label span { color: var(--soft); font-size: 13.5px; }
header.top select { max-width: min(230px, 60vw); text-overflow: ellipsis; }
.languages { display: inline-flex; }
.languages .tool { border-radius: 0; margin-left: -1px; } .languages .tool:first-child { border-radius: 7px 0 0 7px; } .languages .tool:last-child { border-radius: 0 7px 7px 0; }
[aria-pressed="true"] { background: var(--chosen); border-color: var(--blue); position: relative; z-index: 1; }
.panes { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(220px, 17%) minmax(340px, 31%) 1fr; }
.scopes { overflow: auto; border-right: 1px solid var(--line); padding: 10px 0 24px; }
.scopes ul { list-style: none; margin: 0; padding: 0; }
.scope { display: flex; width: 100%; gap: 10px; justify-content: space-between; border: 0; background: none; text-align: left; padding: 4px 14px; cursor: pointer; }
.scope:hover { background: var(--band); } .scope[aria-current] { background: var(--chosen); box-shadow: inset 3px 0 0 var(--blue); }
.scope .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.depth0 { font-weight: 620; margin-top: 6px; } .depth1 { padding-left: 26px; } .depth2 { padding-left: 40px; font-size: 13.5px; }
.figures { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; font-weight: 400; font-size: 13.5px; }
.gained { color: var(--good); } .lost { color: var(--bad); }
.listing { display: flex; flex-direction: column; min-height: 0; min-width: 0; border-right: 1px solid var(--line); }
.tools { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px 12px 4px; align-items: center; }
#scope { display: none; }
#search { flex: 1 1 180px; min-width: 0; border: 1px solid var(--line); background: var(--card); border-radius: 7px; padding: 7px 11px; }
#search::placeholder { color: var(--soft); opacity: 1; }
#filters { display: flex; flex-wrap: wrap; gap: 6px; flex-basis: 100%; }
.chip { border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: 3px 11px; cursor: pointer; font-size: 14px; }
.chip[aria-pressed="true"] { background: var(--chosen); border-color: var(--blue); } .chip .figures { margin-left: 6px; font-size: 13px; } .chip[aria-pressed="true"] .figures { color: var(--ink); }
.sort { display: inline-flex; gap: 7px; align-items: center; font-size: 13.5px; color: var(--soft); } .sort select, #subject { padding: 3px 8px; color: var(--ink); font-size: 14px; }
#status { margin: 0; padding: 4px 14px 6px; color: var(--soft); font-size: 13.5px; overflow-wrap: anywhere; }
.scroll { flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; border-top: 1px solid var(--line); contain: strict; }
#list { position: relative; min-height: 100%; }
#list:focus-visible { outline-offset: -2px; }
.line { position: absolute; top: 0; left: 0; right: 0; height: 44px; padding: 3px 14px; display: grid; grid-template-columns: auto 1fr; grid-template-rows: 20px 17px; column-gap: 10px; cursor: pointer; border-bottom: 1px solid var(--line); contain: strict; }
.line:hover { background: var(--band); } .line[aria-selected="true"] { background: var(--chosen); box-shadow: inset 3px 0 0 var(--blue); }
.line .marks { grid-row: 1 / 3; align-self: center; display: flex; gap: 4px; min-width: 20px; }
.line .title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.line .under { color: var(--soft); font-size: 12.5px; line-height: 17px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.line[aria-selected="true"] .under { color: var(--ink); } .line .margin { float: right; font-variant-numeric: tabular-nums; } .line .tag { margin-left: 8px; }
.mark { font-weight: 700; } .mark.right { color: var(--good); } .mark.wrong { color: var(--bad); } .mark.unscored { color: var(--orange); }
.tag { display: inline-block; font-size: 12.5px; border: 1px solid currentColor; border-radius: 5px; padding: 0 6px; line-height: 1.45; } .tag.good { color: var(--good); }
.detail { overflow: auto; min-width: 0; padding: 12px clamp(14px, 2vw, 32px) 60px; }
.detail:focus-visible { outline-offset: -3px; }
.detail .empty { margin-top: 18vh; text-align: center; }
.head { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 8px; }
.head h2 { font: 600 19px/1.3 var(--serif); margin: 0 auto 0 0; overflow-wrap: anywhere; } #outcome { margin-left: 12px; } #outcome > * { margin-right: 5px; }
.back { display: none; }
h3 { font: 600 16px/1.3 var(--serif); margin: 16px 0 4px; } h3.model { overflow-wrap: anywhere; } h4 { margin: 10px 0 4px; font-size: 14px; font-weight: 600; color: var(--soft); }
pre.text { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 15px/1.55 var(--sans); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; max-width: 110ch; }
pre.folded { font: 13px/1.5 var(--mono); max-height: 60vh; overflow: auto; }
details { margin: 10px 0; max-width: 110ch; } summary { cursor: pointer; color: var(--soft); padding: 3px 0; }
.sides.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 0 28px; }
.choices { list-style: none; margin: 0; padding: 0; max-width: 110ch; }
.choice { display: grid; grid-template-columns: 1fr 64px; gap: 2px 12px; padding: 7px 12px; border: 1px solid transparent; border-radius: 8px; }
.choice.right { background: var(--good-band); } .choice.picked { border-color: var(--ink); }
.said { grid-column: 1 / 3; display: flex; flex-wrap: wrap; gap: 3px 6px; align-items: start; } .choice .words { overflow-wrap: anywhere; margin-right: auto; }
.track { height: 9px; align-self: center; background: var(--band); border-radius: 5px; overflow: hidden; } .bar { display: block; height: 100%; background: var(--bar); border-radius: 5px; }
.picked .bar { background: var(--blue); } .choice .number { font-variant-numeric: tabular-nums; text-align: right; font-size: 13.5px; }
.facts { display: grid; grid-template-columns: minmax(90px, auto) 1fr; gap: 5px 16px; margin: 10px 0; } .facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13.5px var(--mono); background: var(--band); border-radius: 4px; padding: 1px 5px; white-space: pre-wrap; }
.note { color: var(--orange); margin: 6px 0; overflow-wrap: anywhere; }
dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--card); color: var(--ink); padding: 18px 26px 20px; max-width: min(520px, 92vw); }
dialog::backdrop { background: rgb(0 0 0 / 45%); } dialog h2 { font: 600 20px var(--serif); margin: 0 0 10px; }
.keys { display: grid; grid-template-columns: auto 1fr; gap: 7px 20px; margin: 0 0 16px; } .keys dd { margin: 0; } kbd { font: 13.5px var(--mono); border: 1px solid var(--line); border-radius: 5px; padding: 1px 7px; background: var(--band); }
@media (min-width: 1600px) { header.top select { max-width: 420px; } }
@media (min-width: 2000px) { body { font-size: 16px; } .panes { grid-template-columns: 330px 720px 1fr; } }
@media (max-width: 1099px) { .panes { grid-template-columns: minmax(300px, 42%) 1fr; } .scopes { display: none; } #scope { display: block; flex: 1 1 100%; } }
@media (max-width: 699px) {
  #app { height: auto; min-height: 100dvh; } header.top { gap: 8px; } h1 { flex-basis: 100%; font-size: 19px; } header.top label { flex: 1 1 100%; } header.top label span { min-width: 104px; } header.top select { flex: 1; max-width: none; min-width: 0; }
  .languages .tool { padding: 6px 8px; } header.top .tool { font-size: 14px; padding: 6px 9px; }
  .panes { display: block; } .listing { border: 0; } .scroll { height: 75dvh; flex: none; } .panes[data-open="detail"] .listing, .panes[data-open="list"] .detail { display: none; }
  .detail { overflow: visible; } .back { display: block; flex-basis: 100%; } .head h2 { flex-basis: 100%; }
}
@media (min-width: 700px) and (max-width: 1099px) { .panes[data-open="list"] { grid-template-columns: 1fr; } .panes[data-open="list"] .detail { display: none; } .back { display: block; } }
@media (forced-colors: active) { .bar { background: CanvasText; } .line[aria-selected="true"], .scope[aria-current], [aria-pressed="true"] { outline: 2px solid Highlight; } }
@media print { #app, .panes, .detail { display: block; height: auto; overflow: visible; } header.top, .scopes, .listing, .head button { display: none !important; } }
`;
