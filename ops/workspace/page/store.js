// What the page knows of the workspace, as one person sees it. Snapshots replace it, events change it.

/**
 * @typedef {{id: string, name: string, real_name?: string, email?: string, is_bot?: boolean, is_admin?: boolean, title?: string, color?: string}} User
 * @typedef {{id: string, name: string, kind: "channel"|"private"|"dm", members?: string[], topic?: string}} Channel
 * @typedef {{ts: string, channel: string, thread_ts?: string, user?: string, bot_id?: string, username?: string, text?: string,
 *   blocks?: any[], attachments?: any[], files?: any[], reactions?: Array<{name: string, users: string[], count?: number}>, edited?: any,
 *   subtype?: string, reply_count?: number, streaming?: boolean, ephemeral?: boolean, bot_profile?: any}} Message
 * @typedef {{channel: string, thread_ts?: string, status: string, loading_messages?: string[]}} Status
 */

const number = (/** @type {string} */ ts) => Number(ts) || 0;

/** Session storage that may be full or forbidden: then things are forgotten at reload, nothing else. */
const memory = {
  /** @param {string} key @returns {any} */
  read(key) { try { return JSON.parse(sessionStorage.getItem(key) ?? "{}"); } catch { return {}; } },
  /** @param {string} key @param {any} value */
  write(key, value) { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* see above */ } },
};

class Store {
  me = "";
  team = { id: "", name: "Workspace" };
  /** @type {Map<string, User>} */ users = new Map();
  /** @type {Map<string, Channel>} */ channels = new Map();
  /** @type {Map<string, Map<string, Message>>} */ messages = new Map();
  /** @type {Array<{command: string, description?: string, usage_hint?: string}>} */ commands = [];
  /** @type {Array<{callback_id: string, name: string}>} */ shortcuts = [];
  /** @type {any[]} */ views = [];
  /** @type {any} */ home = null;
  /** @type {Map<string, Status>} */ statuses = new Map();
  /** @type {any[]} */ prompts = [];
  /** @type {{text: string, done?: number, total?: number}|null} */ notice = null;
  wireSeq = 0;

  /** @param {any} snapshot the answer of /ui/state */
  load(snapshot) {
    this.me = snapshot.me;
    this.team = snapshot.team;
    this.users = new Map(snapshot.users.map((/** @type {User} */ user) => [user.id, user]));
    this.channels = new Map(snapshot.channels.map((/** @type {Channel} */ channel) => [channel.id, channel]));
    this.messages = new Map();
    for (const [channel, list] of Object.entries(snapshot.messages ?? {})) {
      for (const message of list) this.put({ channel, ...message });
    }
    this.commands = snapshot.commands ?? [];
    this.shortcuts = snapshot.shortcuts ?? [];
    this.views = snapshot.views ?? [];
    this.home = snapshot.home ?? null;
    this.statuses = new Map();
    for (const status of snapshot.statuses ?? []) this.setStatus(status);
    this.prompts = snapshot.suggested_prompts ?? [];
    this.notice = snapshot.notice ?? null;
    this.wireSeq = snapshot.wire_seq ?? 0;
  }

  /** Take in one event of the stream. @param {any} event @returns {boolean} whether it means anything here */
  apply(event) {
    switch (event.type) {
      case "message": case "message_changed": case "ephemeral": this.put(event.message); break;
      case "message_deleted": case "ephemeral_removed": this.remove(event.channel ?? event.message?.channel, event.ts ?? event.message?.ts); break;
      case "status": this.setStatus(event); break;
      case "view": this.#putView(event.view); break;
      case "view_closed": this.views = this.views.filter((view) => view.id !== event.view_id); break;
      case "home": this.home = event.view ?? event.home; break;
      case "channel": this.channels.set(event.channel.id, event.channel); break;
      case "notice": this.notice = event.notice ?? null; break;
      case "prompts": this.#putPrompts(event); break;
      default: return false;
    }
    return true;
  }

  /** @param {any} view an open one is updated in place */
  #putView(view) {
    const known = this.views.some((other) => other.id === view.id);
    this.views = known ? this.views.map((other) => (other.id === view.id ? view : other)) : [...this.views, view];
  }

  /** @param {any} event the whole list, or the prompts of one place */
  #putPrompts(event) {
    if (Array.isArray(event.suggested_prompts)) { this.prompts = event.suggested_prompts; return; }
    const same = (/** @type {any} */ set) => set.channel === event.channel && (set.thread_ts ?? "") === (event.thread_ts ?? "");
    this.prompts = [...this.prompts.filter((set) => !same(set)), event];
  }

  /** @param {Message} message */
  put(message) {
    if (message.ephemeral && memory.read("dismissed")[this.#key(message)]) return;
    const list = this.messages.get(message.channel) ?? new Map();
    this.messages.set(message.channel, list.set(message.ts, message));
  }

  /** @param {string} channel @param {string} ts */
  remove(channel, ts) { this.messages.get(channel)?.delete(ts); }

  /** Hide an ephemeral message for good. @param {Message} message */
  dismiss(message) {
    memory.write("dismissed", { ...memory.read("dismissed"), [this.#key(message)]: 1 });
    this.remove(message.channel, message.ts);
  }

  /** @param {Message} message */
  #key(message) { return `${this.me}|${message.channel}|${message.ts}`; }

  /** @param {Status} status an empty text clears it */
  setStatus(status) {
    const key = `${status.channel}|${status.thread_ts ?? ""}`;
    if (status.status) this.statuses.set(key, status);
    else this.statuses.delete(key);
  }

  /** @param {string} channel @param {string} [thread] */
  statusOf(channel, thread = "") { return this.statuses.get(`${channel}|${thread}`); }

  /** @param {string} channel @param {string} ts */
  message(channel, ts) { return this.messages.get(channel)?.get(ts); }

  /** @param {string} channel */
  #sorted(channel) { return [...(this.messages.get(channel)?.values() ?? [])].sort((a, b) => number(a.ts) - number(b.ts)); }

  /** What the channel shows: no thread replies but those sent to the channel as well. @param {string} channel */
  inChannel(channel) { return this.#sorted(channel).filter((message) => this.isRoot(message)); }

  /** @param {Message} message */
  isRoot(message) { return !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast"; }

  /** @param {string} channel @param {string} root */
  replies(channel, root) { return this.#sorted(channel).filter((message) => message.thread_ts === root && message.ts !== root); }

  /** The user a message came from; a bot's message may carry only its bot id. @param {Message} message @returns {User|undefined} */
  author(message) {
    return this.users.get(message.user ?? "") ?? (message.bot_id ? this.bots()[0] : undefined);
  }

  bots() { return [...this.users.values()].filter((user) => user.is_bot); }

  humans() { return [...this.users.values()].filter((user) => !user.is_bot); }

  /** @param {string} id */
  nameOf(id) {
    const user = this.users.get(id);
    return user?.real_name || user?.name || id;
  }

  /** A DM is named for who else is in it. @param {Channel} channel */
  titleOf(channel) {
    if (channel.kind !== "dm") return channel.name;
    const others = (channel.members ?? []).filter((id) => id !== this.me);
    return others.map((id) => this.nameOf(id)).join(", ") || this.nameOf(this.me);
  }

  /** The DM with this user, if there is one. @param {string} user */
  dmWith(user) {
    return [...this.channels.values()].find((channel) => channel.kind === "dm" && channel.members?.includes(user));
  }

  /** The bot this DM is with, or undefined. @param {string} id */
  botOf(id) {
    const channel = this.channels.get(id);
    return channel?.kind === "dm" ? this.bots().find((bot) => channel.members?.includes(bot.id)) : undefined;
  }

  /** As a title says it. @param {string} id */
  labelOf(id) {
    const channel = this.channels.get(id);
    return channel ? (channel.kind === "dm" ? "" : "#") + this.titleOf(channel) : "";
  }

  /** Messages in the channel since this person last looked, their own aside. @param {string} channel */
  unread(channel) {
    const seen = number(memory.read("seen")[`${this.me}|${channel}`] ?? "0");
    return this.inChannel(channel).filter((message) => number(message.ts) > seen && message.user !== this.me).length;
  }

  /** @param {string} channel */
  markSeen(channel) {
    const last = this.inChannel(channel).at(-1);
    if (last) memory.write("seen", { ...memory.read("seen"), [`${this.me}|${channel}`]: last.ts });
  }

  /** The feedback this person gave: value by message and element. @param {string} key @param {string} [value] */
  feedback(key, value) {
    const all = memory.read("feedback");
    if (value !== undefined) memory.write("feedback", { ...all, [`${this.me}|${key}`]: value });
    return value ?? all[`${this.me}|${key}`];
  }
}

export const store = new Store();
