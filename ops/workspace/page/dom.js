// The only place that makes elements. Text always becomes text nodes; there is no way to pass markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  hash: "M9 4 7 20M17 4l-2 16M4 9h17M3 15h17",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  wire: "M3 12h4l3-8 4 16 3-8h4",
  send: "M4 12l16-8-5 16-3.5-6z",
  reply: "M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.5M15 9.5v.5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  close: "M6 6l12 12M18 6 6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  back: "M15 5l-7 7 7 7",
  up: "M7 11v9H4v-9zM7 11l4-8c1.7 0 2.6 1.2 2.3 2.8L12.7 9H19a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.8 20H7",
  down: "M17 13V4h3v9zM17 13l-4 8c-1.7 0-2.6-1.2-2.3-2.800l.6-3.200H5a2 2 0 0 1-2-2.3l1.2-7A2 2 0 0 1 6.200 4H17",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  chevron: "M7 10l5 5 5-5",
  out: "M4 12h15M13 6l6 6-6 6",
  in: "M20 12H5M11 6l-6 6 6 6",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.3a1.7 1.7 0 0 1-2.4-2.4l7.4-7.2",
  check: "M5 12.5 10 17.5 19 7",
};

/**
 * Make an element. Functions become event listeners, `data` becomes data attributes, the rest attributes.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node|string|number|null|undefined|false|Array<any>)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(key.replace(/^on/, ""), value);
    else if (key === "data") Object.assign(node.dataset, JSON.parse(JSON.stringify(value)));
    else if (key === "value" || key === "checked" || key === "selected") /** @type {any} */ (node)[key] = value;
    else if (key === "style" || key.startsWith("on")) throw new Error(`el() takes no ${key} attribute`);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

/** @param {Node} node @param {any} children */
function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child !== null && child !== undefined && child !== false) {
      node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
}

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** The address if a browser may follow it (http, https, mailto), else null. @param {unknown} url */
export function safeUrl(url) {
  try {
    const parsed = new URL(String(url).trim());
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link, or its label as plain text where the address is not one a browser may follow. */
export function link(/** @type {unknown} */ url, /** @type {any} */ label, props = {}) {
  const href = safeUrl(url);
  if (!href) return el("span", { class: "dead-link" }, label);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", title: href, ...props }, label);
}

/** A picture from the web; its alternative text stands in when it cannot be loaded. */
export function picture(/** @type {unknown} */ url, /** @type {string} */ alt, className = "") {
  const src = safeUrl(url);
  const instead = () => el("span", { class: `no-image ${className}` }, alt || "image");
  if (!src || src.startsWith("mailto:")) return instead();
  const image = el("img", { src, alt, class: className, referrerpolicy: "no-referrer", loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(instead()));
  return image;
}

/** A failure the person should see; goes away by itself. @param {string} text */
export function toast(text) {
  const node = el("div", { class: "toast", data: { testid: "toast" } }, text,
    el("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: () => node.remove() }, icon("close")));
  byId("toasts").append(node);
  setTimeout(() => node.remove(), 8000);
}

/** Read out by screen readers. @param {string} text */
export function announce(text) {
  const region = byId("announcer");
  region.append(el("p", {}, text));
  while (region.childElementCount > 5) region.firstElementChild?.remove();
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no #${id}`);
  return node;
}

/**
 * A pop-up at an anchor. Closes on Escape, on a click elsewhere and when `close` is called.
 * @param {HTMLElement} anchor @param {HTMLElement} content
 * @returns {() => void} close
 */
export function popup(anchor, content) {
  const box = el("div", { class: "popup", popover: "auto" }, content);
  (anchor.closest("dialog") ?? document.body).append(box); // a modal dialog makes all outside it inert
  const close = () => { if (box.isConnected) box.hidePopover(); };
  box.addEventListener("toggle", (/** @type {any} */ event) => {
    if (event.newState !== "closed") return;
    const held = box.contains(document.activeElement) || document.activeElement === document.body;
    box.remove();
    if (held) anchor.focus();
  });
  box.showPopover();
  const at = anchor.getBoundingClientRect();
  const size = box.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8));
  const below = at.bottom + 4 + size.height < innerHeight;
  box.style.left = `${left}px`;
  box.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
  return close;
}

/**
 * A menu of actions, walked with the arrow keys.
 * @param {HTMLElement} anchor
 * @param {Array<{label: any, run: () => void, testid?: string, data?: object, danger?: boolean, checked?: boolean}>} items
 */
export function menu(anchor, items) {
  const list = el("div", { role: "menu", class: "menu" });
  /** @type {() => void} */
  let close = () => {};
  for (const item of items) {
    list.append(el("button", {
      type: "button", role: item.checked === undefined ? "menuitem" : "menuitemradio", tabindex: "-1",
      "aria-checked": item.checked === undefined ? undefined : String(item.checked),
      class: item.danger ? "menu-item danger" : "menu-item", data: { testid: item.testid, ...item.data },
      onclick: () => { close(); item.run(); },
    }, item.label));
  }
  list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const all = /** @type {HTMLElement[]} */ ([...list.children]);
    const here = all.indexOf(/** @type {any} */ (document.activeElement));
    const step = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Tab") close();
    if (step === undefined) return;
    event.preventDefault();
    all[(step + all.length) % all.length].focus();
  });
  close = popup(anchor, list);
  /** @type {HTMLElement|null} */ (list.firstElementChild)?.focus();
}

/**
 * Ask before something is done. Resolves to whether the person agreed.
 * @param {{title: any, text: any, confirm: any, deny: any, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, confirm, deny, danger = false }) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: "ask", "aria-labelledby": "ask-title", data: { testid: "confirm-dialog" } },
      el("h2", { id: "ask-title" }, title),
      el("div", { class: "ask-text" }, text),
      el("div", { class: "dialog-buttons" },
        el("button", { type: "button", class: "btn", data: { testid: "confirm-deny" }, onclick: () => dialog.close("no") }, deny),
        el("button", {
          type: "button", class: danger ? "btn danger" : "btn primary", autofocus: true,
          data: { testid: "confirm-ok" }, onclick: () => dialog.close("yes"),
        }, confirm)));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    byId("modals").append(dialog);
    dialog.showModal();
  });
}
