// The workspace's name, who one is, and where one can go.
import { el, icon, menu } from "./dom.js";
import { avatar } from "./messages.js";
import { store } from "./store.js";

/**
 * @typedef {import("./route.js").Route} Route
 * @typedef {{go: (route: Partial<Route>) => void, become: (user: string) => void, message: (user: string) => void}} Ways
 */

/** @param {import("./store.js").User} user */
const described = (user) => `${store.nameOf(user.id)}${user.title ? ` (${user.title})` : ""}`;

/** @param {Ways} ways */
function switcher(ways) {
  const me = store.users.get(store.me);
  const node = el("button", { type: "button", class: "who", "aria-haspopup": "menu", data: { testid: "person-switcher", user: store.me },
    onclick: () => menu(node, store.humans().map((user) => ({
      label: [avatar(store.nameOf(user.id), user, "small"), el("span", {}, described(user), el("small", {}, user.email ?? ""))],
      testid: "person-option", data: { user: user.id }, checked: user.id === store.me, run: () => ways.become(user.id) }))) },
  avatar(store.nameOf(store.me), me, "small"),
  el("span", { class: "who-text" }, el("small", {}, "You are:"), el("span", {}, me ? described(me) : store.me)), icon("chevron"));
  return node;
}

/** @param {Ways} ways @param {Route} route @param {Partial<Route>} to @param {any} mark @param {string} label @param {object} data @param {number} [unread] */
function place(ways, route, to, mark, label, data, unread = 0) {
  const here = route.page === to.page && (to.page !== "channel" || route.channel === to.channel);
  const query = new URLSearchParams({ as: store.me, ...(to.page === "channel" ? { channel: to.channel ?? "" } : { page: to.page ?? "" }) });
  return el("li", {}, el("a", { href: `?${query}`, class: unread && !here ? "place unread" : "place", "aria-current": here ? "page" : undefined, data,
    onclick: (/** @type {MouseEvent} */ event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      ways.go({ thread: "", ...to });
    } }, mark, el("span", { class: "place-name" }, label),
  unread > 0 && !here && el("span", { class: "count", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : unread)));
}

/** @param {string} title @param {any[]} items */
const group = (title, items) => items.length > 0 && el("section", {}, el("h2", {}, title), el("ul", {}, items));

/** @param {HTMLElement} box @param {Route} route @param {Ways} ways */
export function drawSidebar(box, route, ways) {
  const held = /** @type {HTMLElement|null} */ (box.contains(document.activeElement) ? document.activeElement : null)?.dataset;
  const top = box.scrollTop;
  const all = [...store.channels.values()];
  const open = (/** @type {import("./store.js").Channel} */ channel) => place(ways, route, { page: "channel", channel: channel.id },
    channel.kind === "dm" ? avatar(store.titleOf(channel), store.users.get(channel.members?.find((id) => id !== store.me) ?? ""), "tiny") : icon(channel.kind === "private" ? "lock" : "hash"),
    store.titleOf(channel), { testid: "channel-link", channel: channel.id, name: channel.name }, store.unread(channel.id));
  const bots = store.bots();
  const strangers = bots.filter((bot) => !store.dmWith(bot.id));
  box.replaceChildren(
    el("div", { class: "team" }, el("span", { class: "team-mark", "aria-hidden": "true" }, [...store.team.name][0] ?? "W"), el("b", { data: { testid: "team-name" } }, store.team.name)),
    switcher(ways),
    el("div", { class: "places" },
      group("Channels", all.filter((channel) => channel.kind === "channel").map(open)) || "",
      group("Private channels", all.filter((channel) => channel.kind === "private").map(open)) || "",
      group("Direct messages", [
        ...all.filter((channel) => channel.kind === "dm").map(open),
        ...strangers.map((bot) => el("li", {}, el("button", { type: "button", class: "place", data: { testid: "message-bot", user: bot.id }, onclick: () => ways.message(bot.id) },
          avatar(store.nameOf(bot.id), bot, "tiny"), el("span", { class: "place-name" }, `Message ${store.nameOf(bot.id)}`)))),
      ]) || "",
      el("section", {}, el("h2", {}, "App and tools"), el("ul", {},
        bots.length > 0 && place(ways, route, { page: "home" }, icon("home"), "App Home", { testid: "home-link" }),
        place(ways, route, { page: "wire" }, icon("wire"), "Wire log", { testid: "wire-link" })))),
    el("p", { class: "sidebar-foot" }, "A local workspace. Nothing here leaves this machine by way of Slack."));
  box.scrollTop = top;
  if (held?.testid) {
    const again = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(`[data-testid="${held.testid}"]`)]).find((node) => node.dataset.channel === held.channel);
    again?.focus();
  }
}
