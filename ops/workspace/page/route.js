// Where one is, kept in the address so that it can be shared: /?as=U..&channel=C..&thread=1.2
import { store } from "./store.js";

/** @typedef {{page: "channel"|"home"|"wire", channel: string, thread: string}} Route */

/** @type {Route} */
export const route = { page: "channel", channel: "", thread: "" };

/** Take the route from the address (query or hash). @returns {string} the person it names, or "" */
export function readAddress() {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of new URLSearchParams(location.hash.replace(/^#/, ""))) query.set(key, value);
  const page = query.get("page");
  Object.assign(route, { page: page === "home" || page === "wire" ? page : "channel", channel: query.get("channel") ?? "", thread: query.get("thread") ?? "" });
  return query.get("as") ?? "";
}

/** @param {boolean} [replace] instead of a new entry in the history */
export function writeAddress(replace = false) {
  const query = new URLSearchParams({ as: store.me });
  if (route.page === "channel") query.set("channel", route.channel);
  else query.set("page", route.page);
  if (route.page === "channel" && route.thread) query.set("thread", route.thread);
  const address = `/?${query}`;
  if (address !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
}

/** The channel of the address if this person sees it, else #support, else the first. */
export function settleRoute() {
  if (route.page === "channel" && !store.channels.has(route.channel)) {
    const all = [...store.channels.values()];
    route.channel = (all.find((each) => each.name === "support") ?? all[0])?.id ?? "";
    route.thread = "";
  }
  writeAddress(true);
}
