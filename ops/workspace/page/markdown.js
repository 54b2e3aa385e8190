// The subset of Markdown that a markdown block may hold -> nodes. Raw HTML stays visible text.
import { el, link, safeUrl } from "./dom.js";
import { angle, plain } from "./mrkdwn.js";

const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const HEADING = /^ {0,3}(#{1,6}) +(.*?)(?: +#+)? *$/;
const FENCE = /^ {0,3}(```+|~~~+) *([\w+-]*) *$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)]) +(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const TABLE_LINE = /^ *\|?(?: *:?-+:? *\|)+ *:?-*:? *\|? *$/;

/** @param {string} text @returns {DocumentFragment} */
export function markdown(text) {
  const out = document.createDocumentFragment();
  out.append(...blocks(String(text ?? "").replace(/\r\n?/g, "\n").split("\n"), 0));
  return out;
}

/** @param {string[]} lines @param {number} depth @returns {Node[]} */
function blocks(lines, depth) {
  /** @type {Node[]} */
  const out = [];
  let i = 0;
  while (i < lines.length) {
    const line = lines[i];
    const [node, next] = (depth < 8 && (fence(lines, i) ?? table(lines, i) ?? quote(lines, i, depth) ?? list(lines, i, depth))) || [null, i];
    const heading = HEADING.exec(line);
    if (node) { out.push(node); i = next; }
    else if (!line.trim()) i += 1;
    else if (RULE.test(line)) { out.push(el("hr")); i += 1; }
    else if (heading) { out.push(el(`h${Math.min(6, heading[1].length + 1)}`, { class: `md-h md-h${heading[1].length}` }, inline(heading[2]))); i += 1; }
    else {
      const start = i;
      for (i += 1; i < lines.length && lines[i].trim() && !opens(lines, i);) i += 1;
      out.push(el("p", {}, paragraph(lines.slice(start, i))));
    }
  }
  return out;
}

/** Whether this line ends a paragraph. @param {string[]} lines @param {number} i */
const opens = (lines, i) => [RULE, HEADING, FENCE, QUOTE].some((rule) => rule.test(lines[i]))
  || ITEM.test(lines[i]) || (lines[i].includes("|") && TABLE_LINE.test(lines[i + 1] ?? ""));

/** Slack keeps single line breaks. @param {string[]} lines */
const paragraph = (lines) => lines.flatMap((line, index) => [...(index ? [el("br")] : []), ...inline(line.trim())]);

/** @param {string[]} lines @param {number} i @returns {[Node, number]|null} */
function fence(lines, i) {
  const open = FENCE.exec(lines[i]);
  if (!open) return null;
  let end = i + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(open[1]) && FENCE.test(lines[end]))) end += 1;
  return [el("pre", {}, el("code", {}, lines.slice(i + 1, end).join("\n"))), end + 1];
}

/** @param {string[]} lines @param {number} i @param {number} depth @returns {[Node, number]|null} */
function quote(lines, i, depth) {
  let end = i;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  if (end === i) return null;
  const inner = lines.slice(i, end).map((line) => /** @type {RegExpExecArray} */ (QUOTE.exec(line))[1]);
  return [el("blockquote", {}, blocks(inner, depth + 1)), end];
}

/** @param {string} line @returns {string[]} */
const cells = (line) => line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));

/** @param {string[]} lines @param {number} i @returns {[Node, number]|null} */
function table(lines, i) {
  if (!lines[i].includes("|") || !TABLE_LINE.test(lines[i + 1] ?? "")) return null;
  const align = cells(lines[i + 1]).map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left"));
  let end = i + 2;
  while (end < lines.length && lines[end].includes("|") && lines[end].trim()) end += 1;
  const row = (/** @type {string} */ line, /** @type {string} */ tag) => el("tr", {},
    cells(line).slice(0, 20).map((cell, at) => el(tag, { class: `align-${align[at] ?? "left"}`, scope: tag === "th" ? "col" : undefined }, inline(cell))));
  return [el("div", { class: "table-scroll", tabindex: "0" }, el("table", {},
    el("thead", {}, row(lines[i], "th")), el("tbody", {}, lines.slice(i + 2, end).map((line) => row(line, "td"))))), end];
}

/** @param {string[]} lines @param {number} i @param {number} depth @returns {[Node, number]|null} */
function list(lines, i, depth) {
  const first = ITEM.exec(lines[i]);
  if (!first || RULE.test(lines[i])) return null;
  const indent = first[1].length;
  const ordered = /\d/.test(first[2]);
  /** @type {string[][]} */
  const items = [];
  while (i < lines.length) {
    const item = ITEM.exec(lines[i]);
    if (item && item[1].length <= indent + 1) {
      if (/\d/.test(item[2]) !== ordered || item[1].length < indent) break;
      items.push([item[3]]);
    } else if (lines[i].trim() && (/^\s{2,}/.test(lines[i]) || (lines[i - 1]?.trim() && !opens(lines, i)))) {
      items[items.length - 1].push(lines[i].replace(new RegExp(`^ {0,${indent + (ordered ? 3 : 2)}}`), ""));
    } else if (!lines[i].trim() && /^(\s{2,}\S)/.test(lines[i + 1] ?? "")) {
      items[items.length - 1].push("");
    } else if (lines[i].trim() || !sameList(lines[i + 1], indent, ordered)) break;
    i += 1;
  }
  return [el(ordered ? "ol" : "ul", { start: ordered ? parseInt(first[2], 10) : undefined },
    items.map((item) => el("li", {}, tight(blocks(item, depth + 1))))), i];
}

/** @param {string|undefined} line @param {number} indent @param {boolean} ordered */
function sameList(line, indent, ordered) {
  const item = ITEM.exec(line ?? "");
  return Boolean(item && item[1].length >= indent && /\d/.test(item[2]) === ordered);
}

/** A list item's first paragraph loses its margins. @param {Node[]} nodes */
const tight = (nodes) => nodes.map((node, at) => (at === 0 && node.nodeName === "P" ? el("span", {}, [...node.childNodes]) : node));

const PAIRS = /** @type {Array<[string, string]>} */ ([["***", "strong"], ["**", "strong"], ["__", "strong"], ["~~", "s"], ["*", "em"], ["_", "em"]]);
const WORD = /[\p{L}\p{N}]/u;

/** @param {string} text @param {number} [depth] @returns {Node[]} */
export function inline(text, depth = 0) {
  /** @type {Node[]} */
  const out = [];
  const dead = new Set(); // openers without a partner from here on: keeps this linear
  let held = "";
  const put = (/** @type {Node} */ node, /** @type {number} */ end) => {
    if (held) out.push(document.createTextNode(plain(held)));
    held = "";
    out.push(node);
    return end;
  };
  let i = 0;
  while (i < text.length) {
    const found = depth < 12 ? span(text, i, dead, depth) : null;
    if (found) { i = put(found[0], found[1]); continue; }
    if (text[i] === "\\" && /[!-/:-@[-`{-~]/.test(text[i + 1] ?? "")) i += 1;
    held += text[i];
    i += 1;
  }
  if (held) out.push(document.createTextNode(plain(held)));
  return out;
}

/** The inline construct that starts here. @param {string} text @param {number} i @param {Set<string>} dead @param {number} depth @returns {[Node, number]|null} */
function span(text, i, dead, depth) {
  const char = text[i];
  if (char === "`") {
    const ticks = /** @type {RegExpExecArray} */ (/^`+/.exec(text.slice(i, i + 20)))[0];
    const end = dead.has(ticks) ? -1 : text.indexOf(ticks, i + ticks.length);
    if (end < 0) { dead.add(ticks); return null; }
    return [el("code", {}, text.slice(i + ticks.length, end).trim()), end + ticks.length];
  }
  if (char === "[" || (char === "!" && text[i + 1] === "[")) {
    const found = /^!?\[((?:[^[\]\\]|\\.|\[[^[\]]{0,200}\]){0,2000})\]\(\s*<?([^\s<>()]{1,3000}(?:\([^\s()]*\)[^\s()]*)?)>?(?:\s+"[^"]*")?\s*\)/.exec(text.slice(i, i + 5100));
    if (!found) return null;
    const label = char === "!" ? [found[1] || "image"] : inline(found[1], depth + 1);
    return [safeUrl(found[2]) ? link(found[2], label) : el("span", { class: "dead-link" }, label), i + found[0].length];
  }
  if (char === "<") {
    const end = text.indexOf(">", i);
    const node = end > 0 ? angle(text.slice(i + 1, end)) : null;
    return node && [node, end + 1];
  }
  if (char === "h" && !WORD.test(text[i - 1] ?? "")) {
    const url = /^https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"\]*_~]/.exec(text.slice(i, i + 3000));
    return url && [link(url[0], url[0]), i + url[0].length];
  }
  for (const [mark, tag] of PAIRS) {
    if (!text.startsWith(mark, i) || dead.has(mark) || !/\S/.test(text[i + mark.length] ?? "")) continue;
    if (mark[0] === "_" && WORD.test(text[i - 1] ?? "")) continue;
    const end = closing(text, i + mark.length, mark);
    if (end < 0) { dead.add(mark); continue; }
    const inside = inline(text.slice(i + mark.length, end), depth + 1);
    return [el(tag, {}, mark === "***" ? el("em", {}, inside) : inside), end + mark.length];
  }
  return null;
}

/** @param {string} text @param {number} from @param {string} mark */
function closing(text, from, mark) {
  for (let end = text.indexOf(mark, from + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    if (mark.length === 1 && text[end + 1] === mark) { end += 1; continue; } // a double mark closes bold, not this
    if (/\S/.test(text[end - 1]) && !(mark[0] === "_" && WORD.test(text[end + mark.length] ?? ""))) return end;
  }
  return -1;
}
