// The page: one route, one store, one stream; everything else draws what they say.
import { announce, byId, el, icon, toast } from "./dom.js";
import { follow, get, post, upload } from "./api.js";
import { Composer } from "./composer.js";
import { MessageList, statusLine } from "./messages.js";
import { Modals, homeTab } from "./views.js";
import { WireLog } from "./wire.js";
import { drawSidebar } from "./sidebar.js";
import { plain } from "./mrkdwn.js";
import { emptyChannel, promptsFor } from "./welcome.js";
import { readAddress, route, settleRoute, writeAddress } from "./route.js";
import { store } from "./store.js";
import { toTyped, toWire } from "./typing.js";

/** @typedef {import("./route.js").Route} Route */

const wide = matchMedia("(min-width: 900px)");
const main = byId("main");
const aside = byId("thread");
const modals = new Modals();
const wire = new WireLog();
let stopFollowing = () => {};
/** Mentions and questions sent from here: the first answer opens its thread. @type {Set<string>} */
const waiting = new Set();

/** @param {Partial<Route>} to */
async function go(to) {
  const before = { ...route };
  Object.assign(route, to);
  writeAddress();
  showSidebar(false);
  draw();
  if (route.page === "channel" && (before.page !== "channel" || before.channel !== route.channel)) arrive();
  if (route.page === "home") openHome("home");
  if (route.page === "wire") loadWire();
  if (route.thread && route.thread !== before.thread) { thread.list.toEnd(); if (wide.matches) thread.composer.focus(); }
}

/** A channel was opened: to its end, ready to write. */
function arrive() {
  channel.list.toEnd();
  if (wide.matches && !route.thread) channel.composer.focus();
  if (store.botOf(route.channel)) openHome("messages");
  else void post("look_at", { as: store.me, channel: route.channel }); // the agent hears it when it is opened
}

/** @param {"home"|"messages"} tab the app hears which of its tabs was opened */
async function openHome(tab) {
  const answer = await post("open_home", { as: store.me, tab });
  if (!answer.ok) toast(answer.error ?? "The app's home could not be opened.");
}

// ---- what people do ----

/** @param {Promise<import("./api.js").Answer>} call @returns {Promise<boolean>} */
async function tried(call) {
  const answer = await call;
  if (!answer.ok) toast(answer.error ?? "That did not work.");
  return answer.ok;
}

/** @type {import("./messages.js").Desk} */
const desk = {
  openThread: (id, ts) => go({ page: "channel", channel: id, thread: ts }),
  react: (message, name) => void tried(post("react", { as: store.me, channel: message.channel, ts: message.ts, name })),
  edit: (message, text) => tried(post("edit", { as: store.me, channel: message.channel, ts: message.ts, text: toWire(text) })),
  remove: (message) => void tried(post("delete", { as: store.me, channel: message.channel, ts: message.ts })),
  shortcut: (message, callbackId) => void tried(post("shortcut", { as: store.me, callback_id: callbackId, channel: message.channel, ts: message.ts })),
  redraw: () => drawSoon(),
  fail: toast,
};

/** @param {string} text @param {File[]} files @param {string} [threadTs] @returns {Promise<string|null>} what went wrong */
async function say(text, files, threadTs) {
  const command = !files.length && /^(\/[\w-]+)\s*([\s\S]*)$/.exec(text);
  if (command) {
    if (threadTs) return `${command[1]} works in the channel, not in a thread. On a message, use its menu instead.`;
    if (!store.commands.some((each) => each.command === command[1])) {
      return `${command[1]} is not a command here.${store.commands.length ? ` There is: ${store.commands.map((each) => each.command).join(", ")}` : ""}`;
    }
    const done = await post("command", { as: store.me, channel: route.channel, command: command[1], text: command[2] });
    return done.ok ? null : done.error ?? "The command failed.";
  }
  const to = route.channel; // an upload may take longer than the person stays here
  const shared = [];
  for (const file of files) {
    const left = await upload(store.me, file);
    if (!left.ok) return `${file.name}: ${left.error ?? "it was not taken"}`;
    shared.push(left.file.id);
  }
  const answer = await post("say", { as: store.me, channel: to, text: toWire(text), files: shared, ...(threadTs ? { thread_ts: threadTs } : {}) });
  if (answer.ok && answer.ts && !threadTs) {
    waiting.add(`${to}|${answer.ts}`);
    store.replies(to, answer.ts).forEach(openAnswered); // what answered may be here before we hear that we asked
  }
  return answer.ok ? null : answer.error ?? "It was not sent. Your text is kept.";
}

// ---- drawing ----

const channel = {
  list: new MessageList(desk, false),
  composer: new Composer({ commands: true, testid: "composer", send: (text, files) => say(text, files) }),
  head: el("header", { class: "head" }),
  prompts: el("div", { class: "prompts", hidden: true }),
  status: el("div", { class: "status-slot" }),
};
const thread = {
  list: new MessageList(desk, true),
  composer: new Composer({ commands: false, testid: "thread-composer", send: (text, files) => say(text, files, route.thread) }),
  head: el("header", { class: "head" }),
  status: el("div", { class: "status-slot" }),
};
const channelBox = el("section", { class: "column", data: { testid: "channel-view" } }, channel.head, channel.list.element, channel.status, channel.prompts, channel.composer.element);
const pageHead = el("header", { class: "head" });
const pageBox = el("section", { class: "column" }, pageHead);
aside.append(thread.head, thread.list.element, thread.status, thread.composer.element);

let scheduled = false;
function drawSoon() {
  if (scheduled) return;
  scheduled = true;
  const run = () => { if (scheduled) { scheduled = false; draw(); } };
  requestAnimationFrame(run);
  setTimeout(run, 200); // a page in the background gets no animation frames
}

function draw() {
  document.title = `${route.page === "wire" ? "Wire log" : route.page === "home" ? "App Home" : store.labelOf(route.channel)} · ${store.team.name}`;
  if (route.page === "channel") drawChannel();
  else drawPage();
  drawThread();
  drawNotice();
  drawSidebar(byId("sidebar"), route, ways);
  modals.draw();
}

const burger = () => el("button", { type: "button", class: "plain burger", "aria-label": "Channels and people", data: { testid: "open-sidebar" }, onclick: () => showSidebar(true) }, icon("menu"));

/** @param {boolean} open */
function showSidebar(open) {
  const was = document.body.classList.contains("sidebar-open");
  document.body.classList.toggle("sidebar-open", open);
  byId("scrim").hidden = !open;
  if (open) /** @type {HTMLElement|null} */ (byId("sidebar").querySelector("button"))?.focus();
  else if (was) /** @type {HTMLElement|null} */ (main.querySelector(".burger"))?.focus();
}

function drawChannel() {
  const it = store.channels.get(route.channel);
  if (channelBox.parentElement !== main) main.replaceChildren(channelBox);
  if (!it) {
    channel.head.replaceChildren(burger(), el("h1", {}, "No channel"));
    channel.list.draw([], el("div", { class: "empty" }, el("h2", {}, "Nothing to see here"), el("p", {}, "This person is in no such channel. Pick another one in the list.")));
    channel.composer.element.hidden = true;
    return;
  }
  channel.composer.element.hidden = false;
  const people = it.members?.length ?? 0;
  const bot = store.botOf(it.id);
  channel.head.replaceChildren(burger(), el("div", { class: "head-text" },
    el("h1", { data: { testid: "channel-title" } }, it.kind === "private" && icon("lock"), store.labelOf(it.id), bot && el("span", { class: "badge" }, "APP")),
    el("p", { class: "topic" }, it.kind === "dm" ? "Direct message" : [`${people} ${people === 1 ? "member" : "members"}`, it.topic && ` · ${plain(it.topic)}`])));
  channel.composer.aim(`${store.me}|${it.id}`, it.kind === "dm" ? `Message ${store.titleOf(it)}` : `Message #${it.name}`);
  const messages = store.inChannel(it.id);
  channel.list.draw(messages, messages.length ? null : emptyChannel(it, (text) => channel.composer.fill(text)));
  channel.status.replaceChildren(...[statusLine(it.id, "")].filter((node) => node !== null));
  const prompts = bot ? promptsFor(it.id) : [];
  channel.prompts.hidden = !prompts.length;
  channel.prompts.replaceChildren(...prompts.map((prompt) => el("button", { type: "button", class: "chip", title: prompt.message, data: { testid: "suggested-prompt" },
    onclick: async () => { const wrong = await say(prompt.message, []); if (wrong) toast(wrong); } }, prompt.title)));
  if (document.visibilityState === "visible") store.markSeen(it.id);
}

function drawThread() {
  const root = route.page === "channel" && route.thread ? store.message(route.channel, route.thread) : undefined;
  const replies = route.page === "channel" && route.thread ? store.replies(route.channel, route.thread) : [];
  const open = Boolean(route.page === "channel" && route.thread && (root || replies.length));
  aside.hidden = !open;
  document.body.classList.toggle("thread-open", open);
  if (!open) return;
  thread.head.replaceChildren(el("div", { class: "head-text" }, el("h1", {}, "Thread"), el("p", { class: "topic" }, store.labelOf(route.channel))),
    el("button", { type: "button", class: "plain", "aria-label": "Close thread", data: { testid: "close-thread" }, onclick: closeThread }, icon("close")));
  thread.composer.aim(`${store.me}|${route.channel}|${route.thread}`, "Reply in the thread");
  thread.list.draw([...(root ? [root] : []), ...replies]);
  thread.status.replaceChildren(...[statusLine(route.channel, route.thread)].filter((node) => node !== null));
}

function closeThread() {
  const ts = route.thread;
  go({ thread: "" });
  /** @type {HTMLElement|undefined} */ (/** @type {HTMLElement[]} */ ([...main.querySelectorAll(".msg")]).find((node) => node.dataset.ts === ts))?.focus();
}

function drawPage() {
  if (pageBox.parentElement !== main) main.replaceChildren(pageBox);
  const bot = store.bots()[0];
  const home = route.page === "home";
  pageHead.replaceChildren(burger(), el("div", { class: "head-text" }, el("h1", {}, home ? bot ? store.nameOf(bot.id) : "App Home" : "Wire log", home && el("span", { class: "badge" }, "APP")),
    el("p", { class: "topic" }, home ? "App Home" : "Every call between the app and this workspace, as both saw it")),
  ...(home && bot ? [el("button", { type: "button", class: "btn", onclick: () => ways.message(bot.id) }, "Messages")] : []));
  const body = home ? el("div", { class: "page-body" }, homeTab(toast)) : wire.element;
  if (home || body.parentElement !== pageBox) pageBox.replaceChildren(pageHead, body);
  if (!home) wire.draw();
}

function drawNotice() {
  const bar = byId("notice");
  const { notice } = store;
  bar.hidden = !notice?.text && !lost;
  if (lost) return bar.replaceChildren(el("span", {}, "The workspace does not answer. Trying again…"));
  if (!notice?.text) return bar.replaceChildren();
  const counted = notice.total ? el("progress", { max: notice.total, value: Math.min(notice.done ?? 0, notice.total), "aria-label": notice.text }) : null;
  const figures = notice.total && !/\d+ *\/ *\d+/.test(notice.text) ? ` ${notice.done ?? 0} / ${notice.total}` : "";
  bar.replaceChildren(el("span", {}, notice.text + figures), ...(counted ? [counted] : []));
}

// ---- other ways: person, direct message, wire ----

const ways = {
  go,
  /** @param {string} user */
  become: (user) => { location.assign(`/?${new URLSearchParams({ as: user, ...(route.page === "channel" && store.channels.get(route.channel)?.kind === "channel" ? { channel: route.channel } : {}) })}`); },
  /** @param {string} user */
  message: async (user) => {
    const answer = await post("open_dm", { as: store.me, user });
    if (!answer.ok) return toast(answer.error ?? "The conversation could not be opened.");
    const id = typeof answer.channel === "string" ? answer.channel : answer.channel?.id;
    if (!store.channels.has(id)) await load();
    await go({ page: "channel", channel: id, thread: "" });
  },
};

async function loadWire() {
  if (wire.complete) return; // the stream has kept it current since
  const answer = await get("wire", { after: "0" });
  if (!answer.entries) return toast(answer.error ?? "The wire log could not be read.");
  wire.complete = true;
  wire.add(answer.entries);
}

// ---- staying current ----

let lost = false;
let loading = false;
/** @type {any[]} */
let early = [];

/** Take the whole state anew; events that arrive meanwhile are applied after it. */
async function load() {
  loading = true;
  const state = await get("state", store.me ? { as: store.me } : {});
  loading = false;
  if (!state.users) { toast(state.error ?? "The workspace's state could not be read."); return false; }
  store.load(state);
  for (const event of early.splice(0)) apply(event);
  lost = false;
  return true;
}

/** @param {any} event one line of /ui/stream */
function apply(event) {
  if (["message", "message_changed", "ephemeral"].includes(event.type)) heard(event.message, event.type === "message_changed");
  if (event.type === "wire") wire.add([event.entry]);
  else if (event.type === "channel" && !event.channel?.id) load().then(drawSoon);
  else if (store.apply(event)) drawSoon();
}

/** Tell screen readers once it is complete, and let an answer that one waits for open its thread. @param {import("./store.js").Message} message @param {boolean} changed */
function heard(message, changed) {
  const before = store.message(message.channel, message.ts);
  const complete = !message.streaming && (!changed || before?.streaming);
  if (complete && message.user !== store.me && message.channel === route.channel) {
    announce(`${message.username || store.nameOf(message.user ?? store.bots()[0]?.id ?? "")}: ${plain(toTyped(message.text ?? ""))}`);
  }
  openAnswered(message);
}

/** Open the thread of an answer one waits for. @param {import("./store.js").Message} message */
function openAnswered(message) {
  const key = `${message.channel}|${message.thread_ts}`;
  if (!waiting.has(key) || message.user === store.me || message.ts === message.thread_ts) return;
  waiting.delete(key);
  if (wide.matches && route.page === "channel" && route.channel === message.channel && !route.thread) {
    route.thread = message.thread_ts ?? "";
    writeAddress(true);
    drawSoon();
  }
}

async function start() {
  store.me = readAddress();
  if (!(await load())) { setTimeout(start, 2000); return; }
  settleRoute();
  draw();
  if (route.page === "channel") { channel.list.toEnd(); thread.list.toEnd(); arrive(); }
  if (route.page === "home") openHome("home");
  if (route.page === "wire") loadWire();
  let first = true;
  stopFollowing();
  stopFollowing = follow(store.me, {
    onOpen: async () => {
      const again = !first;
      first = false;
      if (again) wire.forget();
      await load(); // also after the first opening: something may have happened between state and stream
      settleRoute();
      if (again && route.page === "wire") await loadWire();
      drawSoon();
    },
    onEvent: (event) => { if (loading) early.push(event); else apply(event); },
    onLost: () => { lost = true; drawNotice(); },
  });
}

window.addEventListener("popstate", () => {
  const as = readAddress();
  if (as && as !== store.me) return location.reload();
  settleRoute();
  draw();
  if (route.page === "wire") loadWire();
});
window.addEventListener("hashchange", () => { if (location.hash.includes("as=")) location.reload(); });
document.addEventListener("visibilitychange", drawSoon);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], [popover]")) return;
  if (document.body.classList.contains("sidebar-open")) showSidebar(false);
  else if (route.thread && aside.contains(document.activeElement)) closeThread();
});
document.addEventListener("click", (event) => {
  const to = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest?.("a[data-goto]"))?.dataset.goto;
  if (!to) return;
  event.preventDefault();
  go({ page: "channel", channel: to, thread: "" });
});
byId("scrim").addEventListener("click", () => showSidebar(false));
start();
