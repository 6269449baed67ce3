/// <reference lib="dom" />
/** SVG as data: charts are drawn once and become an element in a browser, or text in a file. */
import { escapeMarkup } from './escape-html.js';

export interface SvgNode {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
}

/**
 * Returns a node. Attributes that are null are left out; numbers are written with two decimals at most.
 */
export function s(
  tag: string,
  attributes: Readonly<Record<string, string | number | null>> = {},
  ...children: readonly (SvgNode | string | null)[]
): SvgNode {
  const kept = Object.entries(attributes).flatMap(([name, value]) =>
    value === null ? [] : [[name, typeof value === 'number' ? Number(value.toFixed(2)) : value] as const],
  );
  return { tag, attributes: Object.fromEntries(kept), children: children.filter((child) => child !== null) };
}

const NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * Returns the element of a node. Texts become text nodes.
 */
export function svgElement(node: SvgNode): SVGElement {
  const element = document.createElementNS(NAMESPACE, node.tag);
  for (const [name, value] of Object.entries(node.attributes)) element.setAttribute(name, String(value));
  for (const child of node.children) element.append(typeof child === 'string' ? child : svgElement(child));
  return element;
}

/**
 * Returns a node as the text of an SVG file; the outermost one gets the namespace. Characters that XML cannot hold become blanks.
 */
export function svgText(node: SvgNode): string {
  return textOf({ ...node, attributes: { xmlns: NAMESPACE, ...node.attributes } });
}

function textOf({ tag, attributes, children }: SvgNode): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`);
  return `<${tag}${written.join('')}>${children.map((child) => (typeof child === 'string' ? escapeXml(child) : textOf(child))).join('')}</${tag}>`;
}

function escapeXml(text: string): string {
  return escapeMarkup(text.replace(/\p{Cc}|[\ud800-\udfff\ufffe\uffff]/gu, ' '));
}
