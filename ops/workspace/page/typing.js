// What people type <-> what Slack stores.
import { unescape } from "./mrkdwn.js";
import { store } from "./store.js";

const escape = (/** @type {string} */ text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const forRegExp = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const LITERAL = /```[\s\S]*?```|`[^`\n]+`|https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"*_~\]]/g; // no mentions in code and addresses

/** Escape, and turn @names, #channels and addresses into Slack's references. @param {string} typed */
export function toWire(typed) {
  let out = "";
  let from = 0;
  for (const match of typed.matchAll(LITERAL)) {
    const literal = escape(match[0]);
    out += references(typed.slice(from, match.index)) + (literal.startsWith("`") ? literal : `<${literal}>`);
    from = match.index + match[0].length;
  }
  return out + references(typed.slice(from));
}

/** @param {string} text */
function references(text) {
  /** @type {Map<string, string>} */
  const names = new Map([["@here", "<!here>"], ["@channel", "<!channel>"], ["@everyone", "<!everyone>"]]);
  for (const user of store.users.values()) if (user.real_name) names.set(escape(`@${user.real_name}`).toLowerCase(), `<@${user.id}>`);
  for (const user of store.users.values()) names.set(escape(`@${user.name}`).toLowerCase(), `<@${user.id}>`);
  for (const channel of store.channels.values()) if (channel.kind !== "dm") names.set(`#${channel.name}`.toLowerCase(), `<#${channel.id}>`);
  const known = [...names.keys()].sort((a, b) => b.length - a.length).map(forRegExp).join("|");
  return escape(text).replace(new RegExp(`(?<![\\w@#&])(?:${known})(?![\\w-])`, "gi"), (found) => names.get(found.toLowerCase()) ?? found);
}

/** The reverse, for editing. @param {string} stored */
export function toTyped(stored) {
  return unescape(stored.replace(/<([^<>]+)>/g, (all, inner) => {
    const [target, label] = inner.split("|");
    if (target.startsWith("@")) return `@${store.users.get(target.slice(1))?.name ?? target.slice(1)}`;
    if (target.startsWith("#")) return `#${store.channels.get(target.slice(1))?.name ?? label ?? target.slice(1)}`;
    if (target.startsWith("!")) return `@${target.slice(1).split("^")[0]}`;
    return target;
  }));
}
