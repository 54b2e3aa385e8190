// One message, and a list of them that redraws only what changed.
import { ask, el, icon, menu, popup } from "./dom.js";
import { PICKABLE, emojiOf } from "./emoji.js";
import { renderAttachments, renderBlocks } from "./blocks.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { store } from "./store.js";
import { surfaceOf } from "./views.js";
import { toTyped } from "./typing.js";

/**
 * @typedef {import("./store.js").Message} Message
 * @typedef {object} Desk what rows ask the page to do
 * @property {(channel: string, ts: string) => void} openThread
 * @property {(message: Message, name: string) => void} react
 * @property {(message: Message, text: string) => Promise<boolean>} edit
 * @property {(message: Message) => void} remove
 * @property {(message: Message, callbackId: string) => void} shortcut
 * @property {() => void} redraw
 * @property {(text: string) => void} fail
 */

const GROUP_SECONDS = 300;
const HUES = 12;

/** @param {string} ts */
const dateOf = (ts) => new Date(Number(ts) * 1000);

/** @param {Message} message */
function authorOf(message) {
  const user = store.author(message);
  const name = message.username || (user && (user.real_name || user.name)) || message.bot_profile?.name || message.user || "Somebody";
  return { user, name, bot: Boolean(message.bot_id || user?.is_bot) };
}

/** Initials on the person's colour. @param {string} name @param {import("./store.js").User|undefined} user @param {string} [size] */
export function avatar(name, user, size = "") {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, "").split(/\s+/).filter(Boolean);
  const initials = words.length > 1 ? [...words[0]][0] + [...words[words.length - 1]][0] : [...(words[0] ?? "?")].slice(0, 2).join("");
  let hash = 0;
  for (const char of user?.id ?? name) hash = (hash * 31 + /** @type {number} */ (char.codePointAt(0))) % 9973;
  const node = el("span", { class: `avatar ${size} hue-${hash % HUES}${user?.is_bot ? " app" : ""}`, "aria-hidden": "true" }, initials.toUpperCase());
  const color = /^#?([0-9a-f]{6})$/i.exec(user?.color ?? "");
  if (color) node.style.setProperty("--avatar", `#${color[1]}`);
  return node;
}

/** @param {Message} message */
function content(message, /** @type {Desk} */ desk) {
  const surface = surfaceOf(`msg|${message.channel}|${message.ts}`, { channel: message.channel, message_ts: message.ts }, desk.fail);
  const blocks = message.blocks?.length ? renderBlocks(message.blocks, surface) : [el("div", { class: "text" }, mrkdwn(message.text ?? ""))];
  return el("div", { class: `content${message.streaming ? " streaming" : ""}`, data: { testid: "message-content" } }, blocks,
    renderAttachments(message.attachments ?? [], surface), (message.files ?? []).map(sharedFile));
}

/** A file in a message: a picture as itself, anything else as its name. @param {any} file */
function sharedFile(file) {
  const kilobytes = Math.max(1, Math.round((file.size ?? 0) / 1024));
  const size = kilobytes < 1024 ? `${kilobytes} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
  const href = `/file/${file.id}`;
  const shown = /^image\/(png|jpeg|gif|webp)$/.test(file.mimetype ?? "") ? el("img", { src: href, alt: "", class: "file-picture" }) : null;
  return el("a", { class: "file-chip shared", href, target: "_blank", rel: "noopener", data: { testid: "shared-file" } },
    shown, el("span", {}, file.name, " ", el("span", { class: "muted" }, size)));
}

/** @param {Message} message @param {Desk} desk */
function reactions(message, desk) {
  if (!message.reactions?.length) return null;
  return el("div", { class: "reactions" }, message.reactions.map((reaction) => {
    const mine = reaction.users?.includes(store.me);
    const who = (reaction.users ?? []).map((id) => store.nameOf(id)).join(", ");
    return el("button", { type: "button", class: "reaction", "aria-pressed": String(Boolean(mine)), title: `${who} reacted with :${reaction.name}:`,
      data: { testid: "reaction", name: reaction.name }, onclick: () => desk.react(message, reaction.name) },
    emojiOf(reaction.name), el("span", {}, reaction.count ?? reaction.users?.length ?? 1));
  }));
}

/** @param {Message} message @param {Desk} desk */
function replySummary(message, desk) {
  const replies = store.replies(message.channel, message.ts).filter((reply) => !reply.ephemeral);
  const count = replies.length || message.reply_count || 0;
  if (!count) return null;
  const faces = [...new Map(replies.map((reply) => [authorOf(reply).name, authorOf(reply)])).values()].slice(0, 3);
  return el("button", { type: "button", class: "replies", data: { testid: "open-thread", ts: message.ts }, onclick: () => desk.openThread(message.channel, message.ts) },
    faces.map((face) => avatar(face.name, face.user, "tiny")), el("b", {}, count === 1 ? "1 reply" : `${count} replies`), el("span", { class: "muted" }, "View thread"));
}

/** Who is at work on what, in the app's own words. @param {string} channel @param {string} thread */
export function statusLine(channel, thread) {
  const status = store.statusOf(channel, thread);
  if (!status) return null;
  const name = store.bots()[0] ? store.nameOf(store.bots()[0].id) : "The app";
  const said = status.loading_messages?.length ? status.loading_messages : [status.status];
  const texts = said.map((text) => (/^\p{Lu}/u.test(text) ? plain(text) : `${name} ${plain(text)}`));
  const node = el("p", { class: "status-line", data: { testid: "thread-status", texts: JSON.stringify(texts) } },
    el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), el("span", { class: "status-text" }, texts[turn % texts.length]));
  return node;
}

let turn = 0;
setInterval(() => {
  turn += 1;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".status-line"))) {
    const texts = JSON.parse(node.dataset.texts ?? "[]");
    const text = node.querySelector(".status-text");
    if (text && texts.length > 1) text.textContent = texts[turn % texts.length];
  }
}, 2500);

/** @param {HTMLElement} anchor @param {(name: string) => void} pick */
function pickEmoji(anchor, pick) {
  const grid = el("div", { class: "emoji-grid" });
  const show = (/** @type {string} */ part) => grid.replaceChildren(...PICKABLE.filter(([name]) => name.includes(part)).map(([name, picture]) =>
    el("button", { type: "button", title: `:${name}:`, "aria-label": name.replaceAll("_", " "), data: { testid: "emoji", name }, onclick: () => { close(); pick(name); } }, picture)));
  const search = el("input", { class: "field", type: "search", placeholder: "Find a reaction", "aria-label": "Find a reaction",
    oninput: () => show(search.value.trim().toLowerCase().replaceAll(" ", "_")),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") { event.preventDefault(); /** @type {HTMLElement|null} */ (grid.firstElementChild)?.click(); }
    } });
  show("");
  const close = popup(anchor, el("div", { class: "emoji-picker" }, search, grid));
  search.focus();
}

/** @param {Message} message @param {Desk} desk @param {HTMLElement} row @param {boolean} inThread */
function tools(message, desk, row, inThread) {
  if (message.ephemeral) return null;
  const root = message.thread_ts || message.ts;
  const react = () => pickEmoji(/** @type {any} */ (row.querySelector("[data-testid=message-more]")), (name) => desk.react(message, name));
  const more = () => [
    ...(inThread ? [] : [{ label: "Reply in thread", run: () => desk.openThread(message.channel, root) }]),
    { label: "Add reaction", run: react },
    ...store.shortcuts.map((shortcut) => ({ label: plain(shortcut.name), testid: "message-shortcut", data: { callbackId: shortcut.callback_id },
      run: () => desk.shortcut(message, shortcut.callback_id) })),
    ...(message.user === store.me && !message.bot_id ? [
      { label: "Edit message", testid: "edit-message", run: () => editInPlace(message, desk, row) },
      { label: "Delete message", testid: "delete-message", danger: true, run: () => remove(message, desk) },
    ] : []),
  ];
  const tool = (/** @type {any} */ name, /** @type {string} */ label, /** @type {string} */ testid, /** @type {(node: HTMLElement) => void} */ run) => {
    const node = el("button", { type: "button", class: "tool", "aria-label": label, title: label, data: { testid }, onclick: () => run(node) }, icon(name));
    return node;
  };
  return el("div", { class: "tools", role: "group", "aria-label": "Message actions" },
    tool("smile", "Add reaction", "add-reaction", (node) => pickEmoji(node, (name) => desk.react(message, name))),
    !inThread && tool("reply", "Reply in thread", "reply-in-thread", () => desk.openThread(message.channel, root)),
    tool("more", "More actions", "message-more", (node) => menu(node, more())));
}

/** @param {Message} message @param {Desk} desk */
async function remove(message, desk) {
  if (await ask({ title: "Delete message", text: "It is deleted for everybody. This cannot be undone.", confirm: "Delete", deny: "Keep", danger: true })) desk.remove(message);
}

/** @param {Message} message @param {Desk} desk @param {HTMLElement} row */
function editInPlace(message, desk, row) {
  const body = /** @type {HTMLElement} */ (row.querySelector(".content"));
  const stop = () => { delete row.dataset.editing; form.replaceWith(body); desk.redraw(); };
  const save = async () => { if (await desk.edit(message, field.value)) stop(); };
  const field = el("textarea", { class: "field", rows: 3, "aria-label": "Edit message", value: toTyped(message.text ?? ""), data: { testid: "edit-field" },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") { event.stopPropagation(); stop(); }
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(); }
    } });
  const form = el("div", { class: "edit-form" }, field, el("div", { class: "row" },
    el("button", { type: "button", class: "btn", onclick: stop }, "Cancel"), el("button", { type: "button", class: "btn primary", data: { testid: "edit-save" }, onclick: save }, "Save")));
  row.dataset.editing = "yes"; // the list leaves the row alone meanwhile
  body.replaceWith(form);
  field.focus();
}

/** @param {Message} message @param {Desk} desk @param {{compact: boolean, inThread: boolean}} how */
function messageRow(message, desk, { compact, inThread }) {
  const author = authorOf(message);
  const when = dateOf(message.ts);
  const time = el("time", { datetime: when.toISOString(), title: when.toLocaleString() }, when.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" }));
  const row = el("article", { class: `msg${compact ? " compact" : ""}${message.ephemeral ? " ephemeral" : ""}${author.bot ? " by-app" : ""}`, tabindex: "-1", "aria-label": `${author.name}, ${when.toLocaleTimeString()}`,
    data: { testid: "message", ts: message.ts, user: message.user ?? message.bot_id ?? "", channel: message.channel } });
  row.append(
    el("div", { class: "gutter" }, compact ? time : avatar(author.name, author.user)),
    el("div", { class: "msg-body" },
      message.ephemeral && el("p", { class: "only-you" }, "Only visible to you · ", el("button", { type: "button", class: "as-link", data: { testid: "dismiss-ephemeral" },
        onclick: () => { store.dismiss(message); desk.redraw(); } }, "Dismiss")),
      !compact && el("div", { class: "msg-head" }, el("b", { class: "author" }, author.name), author.bot && el("span", { class: "badge" }, "APP"), time),
      content(message, desk),
      message.edited && el("span", { class: "edited" }, "(edited)"),
      reactions(message, desk),
      !inThread && store.isRoot(message) && replySummary(message, desk),
      !inThread && statusLine(message.channel, message.ts)));
  const bar = tools(message, desk, row, inThread);
  if (bar) row.append(bar);
  return row;
}

/** Rows by message; a row is made again only when what it shows has changed. */
export class MessageList {
  /** @type {Map<string, {message: Message, look: string, node: HTMLElement}>} */ #rows = new Map();
  element = el("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: "0" });

  /** @param {Desk} desk @param {boolean} inThread */
  constructor(desk, inThread) { this.desk = desk; this.inThread = inThread; }

  /** @param {Message[]} messages @param {Node|null} [before] stands above the first @param {Node|null} [after] stands below the last */
  draw(messages, before = null, after = null) {
    const box = this.element;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 90;
    const focused = /** @type {HTMLElement|null} */ (box.contains(document.activeElement) ? document.activeElement : null);
    /** @type {Node[]} */
    const nodes = before ? [before] : [];
    const kept = new Map();
    messages.forEach((message, at) => {
      const last = messages[at - 1];
      const newDay = !last || dateOf(last.ts).toDateString() !== dateOf(message.ts).toDateString();
      if (newDay && !this.inThread) nodes.push(dayLine(message.ts));
      if (this.inThread && at === 1 && messages[0].ts === message.thread_ts) nodes.push(countLine(messages.length - 1));
      const row = this.#row(message, !newDay && follows(last, message, this.inThread));
      kept.set(message.ts, row);
      nodes.push(row.node);
    });
    this.#rows = kept;
    if (after) nodes.push(after);
    settle(box, nodes);
    if (focused && !focused.isConnected) refocus(box, focused);
    if (atEnd) box.scrollTop = box.scrollHeight;
  }

  /** @param {Message} message @param {boolean} compact */
  #row(message, compact) {
    const status = this.inThread ? null : store.statusOf(message.channel, message.ts);
    const replies = this.inThread ? [] : store.replies(message.channel, message.ts);
    const look = JSON.stringify([compact, status, replies.map((reply) => [reply.ts, reply.user])]);
    const old = this.#rows.get(message.ts);
    if (old && ((old.message === message && old.look === look) || old.node.dataset.editing)) return old;
    return { message, look, node: messageRow(message, /** @type {Desk} */ (this.desk), { compact, inThread: Boolean(this.inThread) }) };
  }

  toEnd() { this.element.scrollTop = this.element.scrollHeight; }
}

/** Make these the children, touching only those that differ. @param {HTMLElement} box @param {Node[]} nodes */
function settle(box, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...box.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, at) => { if (box.childNodes[at] !== node) box.insertBefore(node, box.childNodes[at] ?? null); });
}

/** A redrawn row keeps the keyboard's place. @param {HTMLElement} box @param {HTMLElement} gone */
function refocus(box, gone) {
  const { ts } = /** @type {HTMLElement|null} */ (gone.closest("[data-ts]"))?.dataset ?? {};
  const row = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(".msg")]).find((node) => node.dataset.ts === ts);
  const twin = row && /** @type {HTMLElement[]} */ ([...row.querySelectorAll("button, select, input")]).find((node) =>
    node.dataset.testid === gone.dataset.testid && node.dataset.actionId === gone.dataset.actionId && node.dataset.name === gone.dataset.name);
  (twin ?? row)?.focus({ preventScroll: true });
}

/** @param {Message|undefined} last @param {Message} message @param {boolean} inThread */
function follows(last, message, inThread) {
  return Boolean(last && !last.ephemeral && !message.ephemeral && authorOf(last).name === authorOf(message).name && Number(message.ts) - Number(last.ts) < GROUP_SECONDS
    && (inThread ? last.ts !== message.thread_ts : !store.replies(last.channel, last.ts).length));
}

/** @param {string} ts */
function dayLine(ts) {
  const day = dateOf(ts);
  const today = new Date();
  const yesterday = new Date(today.getTime() - 86400000);
  const name = day.toDateString() === today.toDateString() ? "Today" : day.toDateString() === yesterday.toDateString() ? "Yesterday"
    : day.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
  return el("div", { class: "line", role: "separator" }, el("span", {}, name));
}

/** @param {number} count */
const countLine = (count) => el("div", { class: "line left", role: "separator" }, el("span", {}, count === 1 ? "1 reply" : `${count} replies`));

