// Block elements that people press, choose and type in.
import { ask, el, icon, menu, safeUrl } from "./dom.js";
import { store } from "./store.js";
import { plain, textObject } from "./mrkdwn.js";

/**
 * Where blocks stand: a message, a modal or the home tab.
 * @typedef {object} Surface
 * @property {string} key unique and stable, so that what was entered survives a redraw
 * @property {Record<string, Record<string, any>>} values what was entered, as Slack's state.values
 * @property {(action: any) => Promise<any>} act sends a block action; resolves when it was taken
 * @typedef {{element: any, block: any, surface: Surface, input: boolean, label?: string}} Place
 */

let serial = 0;
export const uniqueId = (/** @type {string} */ prefix) => `${prefix}-${(serial += 1)}`;

/** @param {any} option */
const optionText = (option) => textObject(option.text);

/** What was entered before, or null. @param {Place} place */
const entered = ({ surface, block, element }) => surface.values[block.block_id]?.[element.action_id];

/** Keep a value; outside of input blocks (or where they ask for it) it is also sent. @param {Place} place @param {any} value */
function enter({ element, block, surface, input }, value) {
  (surface.values[block.block_id] ??= {})[element.action_id] = { type: element.type, ...value };
  if (input && !block.dispatch_action) return Promise.resolve();
  return surface.act({ type: element.type, block_id: block.block_id, action_id: element.action_id, ...value });
}

/** Keep what an element starts with, once. @param {Place} place @param {any} value */
function begin(place, value) {
  if (!entered(place)) (place.surface.values[place.block.block_id] ??= {})[place.element.action_id] = { type: place.element.type, ...value };
}

/** @param {any} confirm Slack's confirm object @returns {Promise<boolean>} */
function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return ask({
    title: textObject(confirm.title), text: textObject(confirm.text), confirm: textObject(confirm.confirm ?? "Yes"),
    deny: textObject(confirm.deny ?? "No"), danger: confirm.style === "danger",
  });
}

/** Press once, wait for the answer. @param {HTMLButtonElement} node @param {Place} place @param {any} value */
async function press(node, { element, block, surface }, value) {
  if (node.disabled || !(await confirmed(element.confirm))) return;
  node.disabled = true;
  node.classList.add("busy");
  await surface.act({ type: element.type, block_id: block.block_id, action_id: element.action_id, ...value });
  node.disabled = false;
  node.classList.remove("busy");
}

/** @param {Place} place */
const hooks = ({ element, block }) => ({ testid: "block-element", actionId: element.action_id, blockId: block.block_id });

/** @param {Place} place */
function button(place) {
  const { element } = place;
  const style = element.style === "primary" || element.style === "danger" ? element.style : "";
  const props = { class: `btn ${style}`, "aria-label": element.accessibility_label, data: { ...hooks(place), testid: "block-button", value: element.value } };
  const value = { text: element.text, ...(element.value === undefined ? {} : { value: element.value }) };
  const href = element.url ? safeUrl(element.url) : null;
  if (href) {
    return el("a", { ...props, href, target: "_blank", rel: "noopener noreferrer", onclick: () => void place.surface.act({
      type: "button", block_id: place.block.block_id, action_id: element.action_id, ...value }) }, textObject(element.text), icon("out"));
  }
  const node = el("button", { ...props, type: "button", onclick: () => press(node, place, value) }, textObject(element.text));
  return node;
}

/** @param {Place} place */
function overflow(place) {
  const { element } = place;
  const node = el("button", {
    type: "button", class: "btn icon-only", "aria-label": "More actions", "aria-haspopup": "menu", data: hooks(place),
    onclick: () => menu(node, element.options.map((/** @type {any} */ option) => ({
      label: optionText(option), data: { value: option.value },
      run: () => {
        const href = option.url && safeUrl(option.url);
        if (href) window.open(href, "_blank", "noopener,noreferrer");
        press(node, place, { selected_option: option });
      },
    }))),
  }, icon("more"));
  return node;
}

/** The choices of a select: [options in order, nodes for a native select]. @param {any} element */
function choices(element) {
  /** @type {any[]} */
  const all = [];
  const node = (/** @type {any} */ option) => el("option", { value: String(all.push(option) - 1) }, optionText(option));
  const kind = element.type.replace(/^multi_/, "");
  const named = (/** @type {string} */ id, /** @type {string} */ name) => node({ text: { type: "plain_text", text: name, emoji: false }, value: id });
  if (kind === "users_select") return { all, nodes: [...store.users.values()].map((user) => named(user.id, store.nameOf(user.id))) };
  if (kind === "conversations_select" || kind === "channels_select") {
    const include = element.filter?.include;
    const open = [...store.channels.values()].filter((channel) => (kind === "conversations_select"
      ? !include || include.includes(/** @type {any} */ ({ channel: "public", dm: "im" })[channel.kind] ?? channel.kind)
      : channel.kind === "channel"));
    return { all, nodes: open.map((channel) => named(channel.id, (channel.kind === "dm" ? "" : "#") + store.titleOf(channel))) };
  }
  if (!element.option_groups) return { all, nodes: (element.options ?? []).map(node) };
  return { all, nodes: element.option_groups.map((/** @type {any} */ group) =>
    el("optgroup", { label: plain(group.label?.text) }, group.options.map(node))) };
}

/** The name of the value in Slack's state, and how one choice is written there. @param {string} type */
function valueShape(type) {
  const many = type.startsWith("multi_");
  const kind = type.replace(/^multi_/, "").replace("_select", "");
  const name = /** @type {any} */ ({ users: "user", conversations: "conversation", channels: "channel" })[kind];
  return { key: `selected_${name ?? "option"}${many ? "s" : ""}`, initial: `initial_${name ?? "option"}${many ? "s" : ""}`,
    write: (/** @type {any} */ option) => (name ? option.value : option), read: (/** @type {any} */ kept) => (name ? kept : kept?.value) };
}

/** @param {Place} place */
function select(place) {
  const { element } = place;
  const shape = valueShape(element.type);
  const { all, nodes } = choices(element);
  begin(place, { [shape.key]: element[shape.initial] ?? null });
  const now = shape.read(entered(place)?.[shape.key]);
  const node = el("select", {
    class: "field select", "aria-label": place.label ?? plain(element.placeholder?.text ?? "Choose"), data: hooks(place),
    onchange: async () => {
      if (!(await confirmed(element.confirm))) return;
      await enter(place, { [shape.key]: node.value === "" ? null : shape.write(all[Number(node.value)]) });
    },
  }, el("option", { value: "" }, plain(element.placeholder?.text ?? "Choose…")), nodes);
  const at = all.findIndex((option) => option.value === now);
  node.value = now === undefined || at < 0 ? "" : String(at);
  return node;
}

/** @param {Place} place */
function multiSelect(place) {
  const { element } = place;
  const shape = valueShape(element.type);
  const { all } = choices(element);
  begin(place, { [shape.key]: element[shape.initial] ?? [] });
  const chosen = new Set((entered(place)?.[shape.key] ?? []).map(shape.read));
  const summary = el("summary", { class: "field select" });
  const label = () => {
    const names = all.filter((option) => chosen.has(option.value)).map((option) => plain(option.text.text));
    summary.textContent = names.join(", ") || plain(element.placeholder?.text ?? "Choose…");
  };
  const rows = all.map((option) => {
    const box = el("input", { type: "checkbox", checked: chosen.has(option.value), data: { value: option.value }, onchange: () => {
      if (box.checked && element.max_selected_items && chosen.size >= element.max_selected_items) box.checked = false;
      if (box.checked) chosen.add(option.value); else chosen.delete(option.value);
      label();
      enter(place, { [shape.key]: all.filter((other) => chosen.has(other.value)).map(shape.write) });
    } });
    return el("label", { class: "choice" }, box, el("span", {}, optionText(option)));
  });
  label();
  return el("details", { class: "multi", data: hooks(place) }, summary,
    el("div", { class: "multi-list", role: "group", "aria-label": place.label ?? plain(element.placeholder?.text ?? "Choose") }, rows));
}

/** Radio buttons and checkboxes. @param {Place} place */
function tickBoxes(place) {
  const { element } = place;
  const many = element.type === "checkboxes";
  const key = many ? "selected_options" : "selected_option";
  begin(place, { [key]: element[many ? "initial_options" : "initial_option"] ?? (many ? [] : null) });
  const kept = entered(place)?.[key];
  const chosen = new Set((many ? kept ?? [] : [kept]).map((/** @type {any} */ option) => option?.value));
  const name = uniqueId("radio");
  return el("div", { class: "choices", role: many ? "group" : "radiogroup", "aria-label": place.label, data: hooks(place) },
    element.options.map((/** @type {any} */ option) => {
      const box = el("input", { type: many ? "checkbox" : "radio", name, checked: chosen.has(option.value), data: { value: option.value },
        onchange: () => {
          if (!many) chosen.clear();
          if (box.checked) chosen.add(option.value); else chosen.delete(option.value);
          const now = element.options.filter((/** @type {any} */ other) => chosen.has(other.value));
          enter(place, { [key]: many ? now : now[0] ?? null });
        } });
      return el("label", { class: "choice" }, box, el("span", {}, optionText(option),
        option.description && el("small", {}, textObject(option.description))));
    }));
}

/** Text, number, e-mail, address, date and time. @param {Place} place */
function typed(place) {
  const { element } = place;
  const [type, key, initial] = {
    datepicker: ["date", "selected_date", "initial_date"], timepicker: ["time", "selected_time", "initial_time"],
    email_text_input: ["email", "value", "initial_value"], url_text_input: ["url", "value", "initial_value"],
    number_input: ["number", "value", "initial_value"],
  }[/** @type {string} */ (element.type)] ?? ["text", "value", "initial_value"];
  begin(place, { [key]: element[initial] ?? null });
  const choosing = type === "date" || type === "time";
  const node = el(element.multiline ? "textarea" : "input", {
    type: element.multiline ? undefined : type, class: "field", rows: element.multiline ? 5 : undefined, step: element.is_decimal_allowed ? "any" : undefined,
    placeholder: element.placeholder ? plain(element.placeholder.text) : undefined, "aria-label": place.label ?? (plain(element.placeholder?.text) || plain(element.type.replace(/_?(text_)?(input|picker)$/, "") || "text")), min: element.min_value, max: element.max_value,
    minlength: element.min_length, maxlength: element.max_length, autofocus: element.focus_on_load, value: entered(place)?.[key] ?? "",
    data: hooks(place), autocomplete: "off",
    oninput: () => {
      const value = { [key]: node.value === "" ? null : node.value };
      if (choosing) enter(place, value);
      else place.surface.values[place.block.block_id][element.action_id] = { type: element.type, ...value };
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || element.multiline || event.isComposing) return;
      if (place.block.dispatch_action || !place.input) { event.preventDefault(); enter(place, { [key]: node.value || null }); }
    },
  });
  return node;
}

/** Thumbs up and down: the one pressed stays pressed. @param {Place} place */
function feedbackButtons(place) {
  const { element, block, surface } = place;
  const key = `${surface.key}|${block.block_id}|${element.action_id}`;
  const pair = [["up", element.positive_button], ["down", element.negative_button]].map(([way, spec]) => {
    const text = plain(spec.text?.text);
    const node = el("button", {
      type: "button", class: "thumb", "aria-label": spec.accessibility_label ?? text, title: text, "aria-pressed": String(store.feedback(key) === spec.value),
      data: { ...hooks(place), testid: `feedback-${way}`, value: spec.value },
      onclick: () => {
        if (node.getAttribute("aria-pressed") === "true") return;
        store.feedback(key, spec.value);
        for (const other of pair) other.setAttribute("aria-pressed", String(other === node));
        surface.act({ type: element.type, block_id: block.block_id, action_id: element.action_id, text: spec.text, value: spec.value });
      },
    }, icon(way));
    return node;
  });
  return el("span", { class: "thumbs", role: "group", "aria-label": "Was this helpful?" }, pair);
}

/** @param {Place} place */
function iconButton(place) {
  const { element } = place;
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(store.me)) return document.createTextNode("");
  const text = plain(element.text?.text);
  const node = el("button", {
    type: "button", class: "thumb", title: text, "aria-label": element.accessibility_label ?? text, data: { ...hooks(place), testid: "icon-button", value: element.value },
    onclick: () => press(node, place, { ...(element.value === undefined ? {} : { value: element.value }) }),
  }, element.icon === "trash" ? icon("trash") : text);
  return node;
}

/** @type {Record<string, (place: Place) => Node>} */
const RENDER = {
  button, overflow, static_select: select, users_select: select, conversations_select: select, channels_select: select,
  multi_static_select: multiSelect, multi_users_select: multiSelect, multi_conversations_select: multiSelect, multi_channels_select: multiSelect,
  checkboxes: tickBoxes, radio_buttons: tickBoxes, plain_text_input: typed, email_text_input: typed, url_text_input: typed,
  number_input: typed, datepicker: typed, timepicker: typed, feedback_buttons: feedbackButtons, icon_button: iconButton,
};

/** @param {Place} place @returns {Node} */
export function interactive(place) {
  const render = RENDER[place.element?.type];
  return render ? render(place) : el("span", { class: "unsupported" }, `(${place.element?.type}: not shown here)`);
}
