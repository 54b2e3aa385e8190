// Slack's mrkdwn -> nodes. Everything that is not a known construct stays text.
import { el, link, safeUrl } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { store } from "./store.js";

/** Undo the three escapes Slack knows. @param {string} text */
export const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** @param {string} text plain text with optional shortcodes @returns {string} */
export const plain = (text) => withEmoji(unescape(String(text ?? "")));

/** A text object of either kind. @param {any} text @returns {Node} */
export function textObject(text) {
  if (!text) return document.createTextNode("");
  if (typeof text === "string") return document.createTextNode(plain(text));
  if (text.type === "mrkdwn") return mrkdwn(text.text, !text.verbatim);
  const value = unescape(String(text.text ?? ""));
  return document.createTextNode(text.emoji === false ? value : withEmoji(value));
}

/** @param {string} id */
export function userMention(id) {
  const user = store.users.get(id);
  const mine = id === store.me ? " mine" : "";
  return el("span", { class: `mention${mine}`, data: { user: id } }, `@${user ? store.nameOf(id) : id}`);
}

/** @param {string} id @param {string} [label] */
export function channelMention(id, label) {
  const channel = store.channels.get(id);
  const text = `#${channel?.name ?? label ?? id}`;
  if (!channel) return el("span", { class: "mention" }, text);
  return el("a", { class: "mention", href: `?as=${encodeURIComponent(store.me)}&channel=${encodeURIComponent(id)}`, data: { goto: id } }, text);
}

/** Somebody wakes everybody: shown loudly on purpose. @param {string} range */
export const broadcast = (range) => el("span", { class: "mention loud" }, `@${range}`);

/** @param {number} seconds @param {string} format Slack's date tokens */
export function dateText(seconds, format) {
  const when = new Date(seconds * 1000);
  const day = (/** @type {any} */ style) => when.toLocaleDateString("en-US", style);
  return format
    .replace(/\{time(_secs)?\}/g, () => when.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" }))
    .replace(/\{date_num\}/g, () => when.toISOString().slice(0, 10))
    .replace(/\{ago\}/g, () => day({ month: "short", day: "numeric", year: "numeric" }))
    .replace(/\{date_short(_pretty)?\}/g, () => day({ month: "short", day: "numeric", year: "numeric" }))
    .replace(/\{date(_long)?(_pretty)?\}/g, () => day({ month: "long", day: "numeric", year: "numeric" }));
}

/** What stands between < and >. @param {string} inner @returns {Node|null} null where Slack has no such construct */
export function angle(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : inner.slice(bar + 1);
  if (/^@[UWB][A-Z0-9]+$/.test(target)) return userMention(target.slice(1));
  if (/^#[CDG][A-Z0-9]+$/.test(target)) return channelMention(target.slice(1), plain(label));
  const wide = /^!(here|channel|everyone)$/.exec(target);
  if (wide) return broadcast(wide[1]);
  if (target.startsWith("!subteam^")) return el("span", { class: "mention loud" }, plain(label) || `@${target.slice(9)}`);
  const date = /^!date\^(\d+)\^([^^]*)(?:\^(.*))?$/.exec(target);
  if (date) return document.createTextNode(dateText(Number(date[1]), date[2]) || plain(label));
  if (!safeUrl(unescape(target))) return null;
  return link(unescape(target), plain(label) || unescape(target).replace(/^mailto:/, ""));
}

const MARKS = /** @type {Record<string, string>} */ ({ "*": "strong", _: "em", "~": "s" });
const WORD = /[\p{L}\p{N}]/u;

/** One line, without quotes and fences. @param {string} text @param {boolean} autolink @param {number} [depth] @returns {Node[]} */
function inline(text, autolink, depth = 0) {
  /** @type {Node[]} */
  const out = [];
  const dead = new Set(); // marks without a closing partner from here on: keeps this linear
  let held = "";
  const flush = () => { if (held) out.push(document.createTextNode(plain(held))); held = ""; };
  const put = (/** @type {Node} */ node) => { flush(); out.push(node); };
  let i = 0;
  while (i < text.length) {
    const char = text[i];
    if (char === "<" && !dead.has("<")) {
      const end = text.indexOf(">", i);
      if (end < 0) dead.add("<");
      const node = end > 0 ? angle(text.slice(i + 1, end)) : null;
      if (node) { put(node); i = end + 1; continue; }
    } else if (char === "`" && !dead.has("`")) {
      const end = text.indexOf("`", i + 1);
      if (end < 0) dead.add("`");
      if (end > i + 1) { put(el("code", {}, unescape(text.slice(i + 1, end)))); i = end + 1; continue; }
    } else if (MARKS[char] && depth < 12 && !dead.has(char) && !WORD.test(text[i - 1] ?? "") && /\S/.test(text[i + 1] ?? "") && text[i + 1] !== char) {
      const end = closing(text, i, char);
      if (end < 0) dead.add(char);
      else { put(el(MARKS[char], {}, inline(text.slice(i + 1, end), autolink, depth + 1))); i = end + 1; continue; }
    } else if (autolink && char === "h" && !WORD.test(text[i - 1] ?? "")) {
      const url = /^https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"\]*_~]/.exec(text.slice(i, i + 3000));
      if (url) { put(link(unescape(url[0]), unescape(url[0]))); i += url[0].length; continue; }
    }
    held += char;
    i += 1;
  }
  flush();
  return out;
}

/** @param {string} text @param {number} open @param {string} mark */
function closing(text, open, mark) {
  for (let end = text.indexOf(mark, open + 2); end > 0; end = text.indexOf(mark, end + 1)) {
    if (/\S/.test(text[end - 1]) && !WORD.test(text[end + 1] ?? "")) return end;
  }
  return -1;
}

/** @param {string} text @param {boolean} autolink @returns {Node[]} */
function lines(text, autolink) {
  /** @type {Node[]} */
  const out = [];
  /** @type {HTMLElement|null} */
  let quote = null;
  text.split("\n").forEach((line, index, all) => {
    const quoted = /^(?:>|&gt;) ?(.*)$/.exec(line);
    if (quoted) {
      if (quote) quote.append(el("br"));
      else out.push(quote = /** @type {HTMLElement} */ (el("blockquote")));
      quote.append(...inline(quoted[1], autolink));
      return;
    }
    out.push(...inline(line, autolink));
    quote = null;
    const next = all[index + 1];
    if (next !== undefined && !/^(?:>|&gt;)/.test(next)) out.push(line === "" ? el("span", { class: "gap" }) : el("br"));
  });
  return out;
}

/**
 * @param {string} text as Slack stores it, with & < > escaped
 * @param {boolean} [autolink] whether bare addresses become links
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, autolink = true) {
  const out = document.createDocumentFragment();
  String(text ?? "").split(/```/).forEach((part, index, all) => {
    const fenced = index % 2 === 1 && index < all.length - 1;
    if (fenced) out.append(el("pre", {}, el("code", {}, unescape(part.replace(/^\n|\n$/g, "")))));
    else out.append(...lines((index % 2 ? "```" : "") + (index ? part.replace(/^\n/, "") : part), autolink));
  });
  return out;
}
