// Where people write: drafts that stay, completion, slash commands.
import { el, icon } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { store } from "./store.js";
import { uniqueId } from "./elements.js";
import { avatar } from "./messages.js";

/**
 * @typedef {{label: any, insert: string, detail?: string}} Hint
 * @typedef {(text: string, files: File[]) => Promise<string|null>} Send resolves to what went wrong, or null
 */

/** Unsent text by place. @type {Map<string, string>} */
const drafts = new Map();

/** Files that wait to be sent, by place. @type {Map<string, File[]>} */
const waiting = new Map();

/** What could be meant by the text before the caret. @param {string} before @param {boolean} commands @returns {{from: number, hints: Hint[]}} */
function hintsFor(before, commands) {
  const command = commands && /^\/[\w-]*$/.exec(before);
  if (command) {
    return { from: 0, hints: store.commands.filter((each) => each.command.startsWith(before)).map((each) => ({
      label: el("b", {}, each.command, " ", el("span", { class: "muted" }, each.usage_hint ?? "")), insert: `${each.command} `, detail: each.description })) };
  }
  const found = /(?:^|[\s(])([@#:])([\w.+-]*)$/.exec(before);
  if (!found) return { from: 0, hints: [] };
  const part = found[2].toLowerCase();
  const from = before.length - part.length - 1;
  if (found[1] === "@") return { from, hints: people(part) };
  if (found[1] === "#") {
    return { from, hints: [...store.channels.values()].filter((channel) => channel.kind !== "dm" && channel.name.includes(part))
      .slice(0, 8).map((channel) => ({ label: `#${channel.name}`, insert: `#${channel.name} ` })) };
  }
  if (part.length < 2) return { from, hints: [] };
  return { from, hints: [...EMOJI].filter(([name]) => name.startsWith(part)).slice(0, 8).map(([name, picture]) => ({ label: `${picture}  :${name}:`, insert: `:${name}: ` })) };
}

/** @param {string} part @returns {Hint[]} bots first: they are who one asks here */
function people(part) {
  return [...store.bots(), ...store.humans()].filter((user) => user.name.toLowerCase().includes(part) || (user.real_name ?? "").toLowerCase().includes(part))
    .slice(0, 8).map((user) => ({ label: [avatar(store.nameOf(user.id), user, "tiny"), " ", el("b", {}, store.nameOf(user.id)), " ", el("span", { class: "muted" }, `@${user.name}`)],
      insert: `@${user.name} `, detail: user.is_bot ? "App" : user.title }));
}

export class Composer {
  #listId = uniqueId("hints");
  /** @type {Hint[]} */ #hints = [];
  #from = 0;
  #at = 0;
  #sending = false;
  #place = "";

  /** @param {{commands: boolean, testid: string, send: Send}} how */
  constructor({ commands, testid, send }) {
    this.commands = commands;
    this.send = send;
    this.list = el("ul", { id: this.#listId, class: "hints", role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.error = el("p", { class: "composer-error", role: "alert", hidden: true, data: { testid: `${testid}-error` } });
    this.field = el("textarea", { rows: 1, class: "composer-field", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": this.#listId, data: { testid },
      oninput: () => { this.#say(""); this.#grow(); drafts.set(this.#place, this.field.value); this.#suggest(); },
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event), onblur: () => this.#offer([], 0) });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, data: { testid: `${testid}-files` },
      onchange: () => { this.#keep([...this.#files, ...this.picker.files]); this.picker.value = ""; } });
    this.clip = el("button", { type: "button", class: "attach", "aria-label": "Attach a file", title: "Attach a file", onclick: () => this.picker.click() }, icon("clip"));
    this.chips = el("ul", { class: "chips", "aria-label": "Attached files", hidden: true });
    this.button = el("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send", data: { testid: `${testid}-send` } }, icon("send"));
    this.element = el("form", { class: "composer", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.#submit(); } },
      this.list, this.error, this.chips, el("div", { class: "composer-box" }, this.clip, this.picker, this.field, this.button),
      el("p", { class: "composer-tip" }, el("kbd", {}, "Enter"), " sends, ", el("kbd", {}, "Shift"), " + ", el("kbd", {}, "Enter"), " starts a new line"));
  }

  /** Write for another place; its unsent text comes back. @param {string} place @param {string} placeholder */
  aim(place, placeholder) {
    this.field.setAttribute("placeholder", placeholder);
    this.field.setAttribute("aria-label", placeholder);
    if (place === this.#place) return;
    this.#place = place;
    this.#say("");
    this.field.value = drafts.get(place) ?? "";
    this.#keep(this.#files);
  }

  get #files() { return waiting.get(this.#place) ?? []; }

  /** @param {File[]} files all that wait to be sent from here */
  #keep(files) {
    waiting.set(this.#place, files);
    this.chips.hidden = !files.length;
    this.chips.replaceChildren(...files.map((file) => el("li", { class: "file-chip", data: { testid: "waiting-file" } }, file.name,
      el("button", { type: "button", class: "plain", "aria-label": `Remove ${file.name}`, onclick: () => this.#keep(this.#files.filter((each) => each !== file)) }, icon("close")))));
    this.#grow();
  }

  /** @param {string} text */
  fill(text) {
    this.field.value = text;
    drafts.set(this.#place, text);
    this.#grow();
    this.focus();
  }

  focus() {
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  /** @param {string} text */
  #say(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 220)}px`;
    this.button.disabled = !this.field.value.trim() && !this.#files.length;
  }

  #suggest() {
    const { from, hints } = hintsFor(this.field.value.slice(0, this.field.selectionStart), this.commands);
    this.#offer(hints, from);
  }

  /** @param {Hint[]} hints @param {number} from */
  #offer(hints, from) {
    [this.#hints, this.#from, this.#at] = [hints, from, 0];
    this.list.hidden = !hints.length;
    this.list.replaceChildren(...hints.map((hint, at) => el("li", { id: `${this.#listId}-${at}`, role: "option", "aria-selected": String(at === 0), data: { testid: "hint" },
      onmousedown: (/** @type {Event} */ event) => { event.preventDefault(); this.#take(at); } }, el("span", {}, hint.label), hint.detail && el("span", { class: "muted" }, hint.detail))));
    this.#point(0);
  }

  /** @param {number} at */
  #point(at) {
    this.#at = at;
    [...this.list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
    if (this.#hints.length) this.field.setAttribute("aria-activedescendant", `${this.#listId}-${at}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {number} at */
  #take(at) {
    const caret = this.field.selectionStart;
    const { insert } = this.#hints[at];
    this.field.setRangeText(insert, this.#from, caret, "end");
    drafts.set(this.#place, this.field.value);
    this.#offer([], 0);
    this.#grow();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const count = this.#hints.length;
    if (count && ["ArrowDown", "ArrowUp", "Tab", "Enter", "Escape"].includes(event.key) && !event.shiftKey) {
      const written = this.field.value.slice(this.#from, this.field.selectionStart).toLowerCase();
      const complete = this.#hints.some((hint) => hint.insert.trim().toLowerCase() === written);
      if (!(event.key === "Enter" && complete)) {
        event.preventDefault();
        event.stopPropagation();
        if (event.key === "Escape") this.#offer([], 0);
        else if (event.key === "ArrowDown") this.#point((this.#at + 1) % count);
        else if (event.key === "ArrowUp") this.#point((this.#at + count - 1) % count);
        else this.#take(this.#at);
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.#submit(); }
  }

  async #submit() {
    const text = this.field.value.trim();
    const place = this.#place;
    const files = this.#files;
    if ((!text && !files.length) || this.#sending) return;
    this.#sending = true;
    this.#offer([], 0);
    const wrong = await this.send(text, files);
    this.#sending = false;
    if (wrong) return this.#say(wrong);
    waiting.set(place, (waiting.get(place) ?? []).filter((each) => !files.includes(each)));
    if (drafts.get(place)?.trim() === text) drafts.delete(place);
    if (place === this.#place && this.field.value.trim() === text) { this.field.value = ""; this.#say(""); }
    this.#keep(this.#files);
  }
}
