// Modals and the home tab.
import { byId, el, icon } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { plain, textObject } from "./mrkdwn.js";
import { store } from "./store.js";
import { post } from "./api.js";

/** @typedef {import("./elements.js").Surface} Surface */

/** What was entered, by surface: it outlives redraws and views.update. @type {Map<string, Record<string, Record<string, any>>>} */
const entries = new Map();

/**
 * A surface whose actions go to the workspace.
 * @param {string} key @param {object} where `{channel, message_ts}` or `{view_id}`
 * @param {(error: string) => void} onError
 * @returns {Surface}
 */
export function surfaceOf(key, where, onError) {
  const name = `${store.me}|${key}`;
  if (!entries.has(name)) entries.set(name, {});
  const values = /** @type {any} */ (entries.get(name));
  return { key, values, act: async (action) => {
    const answer = await post("action", { as: store.me, ...where, action, state: values });
    if (!answer.ok) onError(answer.error ?? "The action failed.");
  } };
}

/** What stands in these blocks, of all that was entered. @param {any} view @param {Surface} surface */
function valuesOf(view, surface) {
  const shown = new Set(view.blocks.map((/** @type {any} */ block) => block.block_id));
  return Object.fromEntries(Object.entries(surface.values).filter(([blockId]) => shown.has(blockId)));
}

/** @param {any} value as in state.values */
const isEmpty = (value) => !value || Object.entries(value).every(([key, part]) =>
  key === "type" || part === null || part === "" || (Array.isArray(part) && !part.length));

/** What was wrong with a field is gone once it is changed. @param {Event} event */
function answered(event) {
  const block = /** @type {HTMLElement} */ (event.target).closest(".block.input");
  const line = /** @type {HTMLElement|null|undefined} */ (block?.querySelector(".field-error"));
  block?.classList.remove("invalid");
  if (line) line.hidden = true;
}

/** The top one of the open modals; a native dialog, so focus stays inside and returns after. */
export class Modals {
  /** @type {HTMLDialogElement|null} */ #dialog = null;
  /** @type {any} */ #shown = null;

  /** Show what the store says. */
  draw() {
    const view = store.views.at(-1);
    if (!view) return this.#hide();
    if (this.#shown === view) return;
    const held = this.#shown?.id === view.id ? /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.actionId : null;
    const dialog = this.#dialog ?? this.#make();
    this.#shown = view;
    dialog.dataset.viewId = view.id;
    dialog.replaceChildren(this.#form(view));
    if (!dialog.open) dialog.showModal();
    const field = [...dialog.querySelectorAll("[data-action-id]")].find((node) => held && /** @type {HTMLElement} */ (node).dataset.actionId === held)
      ?? dialog.querySelector("[autofocus]") ?? dialog.querySelector(".modal-body :is(input, textarea, select, button)");
    /** @type {HTMLElement|null} */ (field)?.focus();
  }

  #make() {
    const dialog = el("dialog", { class: "modal", "aria-labelledby": "modal-title", data: { testid: "modal" },
      oncancel: (/** @type {Event} */ event) => { event.preventDefault(); this.#close(); } });
    byId("modals").append(this.#dialog = dialog);
    return /** @type {HTMLDialogElement} */ (dialog);
  }

  #hide() {
    this.#dialog?.close();
    this.#dialog?.remove();
    this.#dialog = this.#shown = null;
  }

  async #close() {
    const view = this.#shown;
    if (!view) return;
    const answer = await post("view_close", { as: store.me, view_id: view.id });
    if (!answer.ok && answer.error !== "view_not_found") return this.#fail(answer.error ?? "The window could not be closed.");
    entries.delete(`${store.me}|view|${view.id}`);
    store.views = store.views.filter((other) => other.id !== view.id);
    this.draw();
  }

  /** @param {string} text */
  #fail(text) {
    const box = this.#dialog?.querySelector(".modal-error");
    if (box) { box.textContent = text; /** @type {HTMLElement} */ (box).hidden = !text; }
  }

  /** @param {any} view */
  #form(view) {
    const surface = surfaceOf(`view|${view.id}`, { view_id: view.id }, (text) => this.#fail(text));
    const title = textObject(view.title);
    const close = plain(view.close?.text ?? (view.submit ? "Cancel" : "Close"));
    return el("form", { novalidate: true, oninput: answered, onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.#submit(view, surface); } },
      el("header", { class: "modal-head" }, el("h2", { id: "modal-title" }, title),
        el("button", { type: "button", class: "plain", "aria-label": "Close", data: { testid: "modal-x" }, onclick: () => this.#close() }, icon("close"))),
      el("div", { class: "modal-body" }, renderBlocks(view.blocks, surface)),
      el("p", { class: "modal-error", role: "alert", hidden: true }),
      el("footer", { class: "dialog-buttons" },
        el("button", { type: "button", class: "btn", data: { testid: "modal-close" }, onclick: () => this.#close() }, close),
        view.submit && el("button", { type: "submit", class: "btn primary", data: { testid: "modal-submit" } }, textObject(view.submit))));
  }

  /** @param {any} view @param {Surface} surface */
  async #submit(view, surface) {
    const missing = view.blocks.filter((/** @type {any} */ block) => block.type === "input" && !block.optional
      && isEmpty(surface.values[block.block_id]?.[block.element.action_id]));
    if (missing.length) return this.#errors(Object.fromEntries(missing.map((/** @type {any} */ block) => [block.block_id, "Please fill this in."])));
    const button = /** @type {HTMLButtonElement|undefined|null} */ (this.#dialog?.querySelector("[data-testid=modal-submit]"));
    if (!button || button.disabled) return;
    button.disabled = true;
    const answer = await post("view_submit", { as: store.me, view_id: view.id, values: valuesOf(view, surface) });
    button.disabled = false;
    if (answer.errors) this.#errors(answer.errors);
    else if (!answer.ok) this.#fail(answer.error ?? "That could not be sent. What you entered is kept; try again.");
    else { this.#errors({}); entries.delete(`${store.me}|view|${view.id}`); }
  }

  /** Put each text under its block. @param {Record<string, string>} errors */
  #errors(errors) {
    this.#fail("");
    /** @type {HTMLElement|null} */
    let first = null;
    const blocks = /** @type {HTMLElement[]} */ ([...(this.#dialog?.querySelectorAll(".block.input") ?? [])]);
    for (const block of blocks) {
      const text = errors[block.dataset.blockId ?? ""];
      const line = /** @type {HTMLElement} */ (block.querySelector(".field-error"));
      const field = /** @type {HTMLElement|null} */ (block.querySelector("input, textarea, select, summary"));
      line.textContent = text ?? "";
      line.hidden = !text;
      block.classList.toggle("invalid", Boolean(text));
      if (text) { field?.setAttribute("aria-invalid", "true"); first ??= field; } else field?.removeAttribute("aria-invalid");
    }
    first?.focus();
    const elsewhere = Object.entries(errors).filter(([id]) => !blocks.some((block) => block.dataset.blockId === id));
    if (elsewhere.length) this.#fail(elsewhere.map(([, text]) => text).join(" "));
  }
}

/** @param {(error: string) => void} onError @returns {Node} */
export function homeTab(onError) {
  const view = store.home;
  if (!view) return el("div", { class: "empty", data: { testid: "home-empty" } }, el("h2", {}, "Nothing here yet"), el("p", {}, "The app fills this page when it has heard that you opened it."));
  const surface = surfaceOf(`home|${view.id}`, { view_id: view.id }, onError);
  return el("div", { class: "home-view", data: { testid: "home-view" } }, renderBlocks(view.blocks, surface));
}
