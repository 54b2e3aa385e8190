// Every call between the app and this workspace.
import { el, icon } from "./dom.js";

/** @typedef {{n: number, at: any, direction: string, kind: string, name: string, ok: boolean, error?: string, rule?: string, ms?: number, request: any, response: any}} Entry */

const KEPT = 500;

/** @param {any} at seconds, milliseconds or ISO */
function clock(at) {
  const when = new Date(typeof at === "number" ? (at < 1e12 ? at * 1000 : at) : /^\d+(\.\d+)?$/.test(at) ? Number(at) * 1000 : at);
  return Number.isNaN(when.getTime()) ? String(at ?? "") : when.toLocaleTimeString([], { hour12: false }) + `.${String(when.getMilliseconds()).padStart(3, "0")}`;
}

const KINDS = /** @type {Record<string, string>} */ ({ web_api: "Web API", socket: "Socket", response_url: "response_url" });

/** @param {Entry} entry */
function wireRow(entry) {
  const toSlack = entry.direction !== "slack->bot";
  const json = (/** @type {string} */ title, /** @type {any} */ value) => el("div", {}, el("h4", {}, title), el("pre", { tabindex: "0" }, JSON.stringify(value ?? null, null, 2)));
  const body = el("div", { class: "wire-body" });
  return el("details", { class: `wire-entry${entry.ok ? "" : " refused"}`, data: { testid: "wire-entry", n: entry.n, ok: String(entry.ok), name: entry.name },
    ontoggle: () => { if (!body.childElementCount) body.append(json("Request", entry.request), json("Response", entry.response)); } },
  el("summary", {},
    el("span", { class: "wire-time" }, clock(entry.at)),
    el("span", { class: "wire-way", title: toSlack ? "from the app to Slack" : "from Slack to the app" }, icon(toSlack ? "out" : "in"), el("span", { class: "visually-hidden" }, toSlack ? "app to Slack" : "Slack to app")),
    el("span", { class: "wire-kind" }, KINDS[entry.kind] ?? entry.kind),
    el("b", { class: "wire-name" }, entry.name),
    el("span", { class: "wire-state" }, entry.ok ? "ok" : entry.error || "refused"),
    el("span", { class: "wire-ms" }, entry.ms === undefined || entry.ms === null ? "" : `${Math.round(entry.ms)} ms`),
    !entry.ok && entry.rule && el("span", { class: "wire-rule", data: { testid: "wire-rule" } }, entry.rule)),
  body);
}

export class WireLog {
  /** @type {Map<number, Entry>} */ #entries = new Map();
  /** @type {"all"|"refused"} */ #filter = "all";
  /** Whether what happened before the stream began is here too. */
  complete = false;
  list = el("div", { class: "wire-list", tabindex: "0", "aria-label": "Calls, newest first" });
  count = el("span", { class: "muted", role: "status" });

  constructor() {
    const choice = (/** @type {"all"|"refused"} */ filter, /** @type {string} */ label) => el("label", { class: "segment" },
      el("input", { type: "radio", name: "wire-filter", checked: filter === this.#filter, data: { testid: `wire-${filter}` }, onchange: () => { this.#filter = filter; this.draw(); } }), el("span", {}, label));
    this.element = el("section", { class: "wire", "aria-label": "Wire log" },
      el("div", { class: "wire-bar" }, el("fieldset", { class: "segments" }, el("legend", { class: "visually-hidden" }, "Show"), choice("all", "All"), choice("refused", "Refused")), this.count), this.list);
  }

  forget() {
    this.#entries.clear();
    this.complete = false;
  }

  /** @param {Entry[]} entries */
  add(entries) {
    for (const entry of entries) this.#entries.set(entry.n, entry);
    const numbers = [...this.#entries.keys()].sort((a, b) => b - a);
    for (const old of numbers.slice(KEPT)) this.#entries.delete(old);
    this.draw();
  }

  /** Newest first; open entries stay open. */
  draw() {
    if (!this.element.isConnected) return;
    const all = [...this.#entries.values()].sort((a, b) => b.n - a.n);
    const shown = this.#filter === "refused" ? all.filter((entry) => !entry.ok) : all;
    const here = new Map(/** @type {HTMLElement[]} */ ([...this.list.querySelectorAll(".wire-entry")]).map((node) => [Number(node.dataset.n), node]));
    const nodes = shown.map((entry) => here.get(entry.n) ?? wireRow(entry));
    const held = new Set(nodes);
    for (const node of [...this.list.children]) if (!held.has(/** @type {any} */ (node))) node.remove();
    nodes.forEach((node, at) => { if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null); });
    const refused = all.filter((entry) => !entry.ok).length;
    this.count.textContent = `${all.length} calls, ${refused} refused`;
    if (!shown.length) this.list.append(el("p", { class: "empty" }, this.#filter === "refused" ? "Nothing was refused." : "No calls yet."));
  }
}
