// Block Kit -> nodes.
import { el, icon, link, picture } from "./dom.js";
import { emojiOf, withEmoji } from "./emoji.js";
import { interactive, uniqueId } from "./elements.js";
import { markdown } from "./markdown.js";
import { broadcast, channelMention, dateText, mrkdwn, plain, textObject, unescape, userMention } from "./mrkdwn.js";

/** @typedef {import("./elements.js").Surface} Surface */

/** @param {any} element @param {any} block @param {Surface} surface */
function elementNode(element, block, surface) {
  if (element.type === "image") return picture(element.image_url, plain(element.alt_text), "inline-image");
  if (element.type === "mrkdwn" || element.type === "plain_text") return el("span", {}, textObject(element));
  return interactive({ element, block, surface, input: false });
}

/** @param {any} block @param {Surface} surface */
function section(block, surface) {
  return el("div", { class: "block section" },
    el("div", { class: "section-text" },
      block.text && el("div", { class: "text" }, textObject(block.text)),
      block.fields && el("div", { class: "fields" }, block.fields.map((/** @type {any} */ field) => el("div", { class: "text" }, textObject(field))))),
    block.accessory && el("div", { class: block.accessory.type === "image" ? "accessory picture" : "accessory" }, elementNode(block.accessory, block, surface)));
}

/** @param {any} block */
function image(block) {
  const title = block.title && plain(block.title.text);
  return el("figure", { class: "block image" }, title && el("figcaption", {}, title),
    picture(block.image_url ?? block.slack_file?.url, plain(block.alt_text), "big-image"));
}

/** @param {any} block @param {Surface} surface */
function input(block, surface) {
  const label = plain(block.label?.text);
  const id = uniqueId("input");
  const place = { element: block.element, block, surface, input: true, label };
  const control = /** @type {HTMLElement} */ (interactive(place));
  const field = control.matches?.("input, textarea, select") ? control : null;
  const hint = block.hint && el("p", { class: "hint", id: `${id}-hint` }, plain(block.hint.text));
  const error = el("p", { class: "field-error", id: `${id}-error`, data: { testid: "field-error" }, hidden: true });
  if (field) {
    field.id = id;
    field.removeAttribute("aria-label");
    field.setAttribute("aria-describedby", `${hint ? `${id}-hint ` : ""}${id}-error`);
    if (!block.optional) field.setAttribute("aria-required", "true");
  }
  return el("div", { class: "block input", data: { blockId: block.block_id, testid: "input-block" } },
    el(field ? "label" : "span", { class: "label", for: field ? id : undefined }, label, block.optional && el("span", { class: "optional" }, " (optional)")),
    control, hint, error);
}

/** @param {any} element one inline part of rich text @returns {Node} */
function richInline(element) {
  const style = element.style ?? {};
  /** @type {Node} */
  let node;
  switch (element.type) {
    case "text": node = document.createTextNode(element.text); break;
    case "link": node = link(element.url, element.text ?? element.url); break;
    case "user": node = userMention(element.user_id); break;
    case "channel": node = channelMention(element.channel_id); break;
    case "emoji": node = document.createTextNode(emojiOf(element.name)); break;
    case "broadcast": node = broadcast(element.range); break;
    case "usergroup": node = el("span", { class: "mention loud" }, `@${element.usergroup_id}`); break;
    case "date": node = document.createTextNode(dateText(element.timestamp, element.format ?? "{date}") || (element.fallback ?? "")); break;
    default: node = document.createTextNode(element.text ?? element.value ?? "");
  }
  if (style.code) node = el("code", {}, node);
  if (style.strike) node = el("s", {}, node);
  if (style.italic) node = el("em", {}, node);
  if (style.bold) node = el("strong", {}, node);
  return node;
}

/** Text with its line breaks. @param {any[]} elements */
const richLine = (elements) => (elements ?? []).map(richInline);

/** @param {any[]} elements of one rich_text block @returns {Node[]} */
function richText(elements) {
  return (elements ?? []).map((part) => {
    if (part.type === "rich_text_list") {
      return el(part.style === "ordered" ? "ol" : "ul", { class: `indent-${Math.min(8, part.indent ?? 0)}`, start: part.offset ? part.offset + 1 : undefined },
        part.elements.map((/** @type {any} */ item) => el("li", {}, richLine(item.elements))));
    }
    if (part.type === "rich_text_quote") return el("blockquote", { class: "pre-line" }, richLine(part.elements));
    if (part.type === "rich_text_preformatted") return el("pre", {}, el("code", {}, richLine(part.elements)));
    return el("div", { class: "pre-line" }, richLine(part.elements));
  });
}

/** Rich text or a plain string, as task cards have both. @param {any} value */
function richOrPlain(value) {
  if (!value) return null;
  if (typeof value === "string") return el("div", { class: "pre-line" }, withEmoji(value));
  return value.type === "rich_text" ? richText(value.elements) : textObject(value);
}

/** @param {any} block */
function table(block) {
  const cell = (/** @type {any} */ value) => (value.type === "rich_text" ? richText(value.elements) : withEmoji(unescape(String(value.text ?? value.value ?? ""))));
  const row = (/** @type {any[]} */ cells, /** @type {string} */ tag) => el("tr", {}, cells.map((value, at) => {
    const setting = block.column_settings?.[at] ?? {};
    const align = ["left", "center", "right"].includes(setting.align) ? setting.align : "left";
    return el(tag, { class: `align-${align}`, scope: tag === "th" ? "col" : undefined }, cell(value));
  }));
  const [head, ...body] = block.rows ?? [];
  return el("div", { class: "block table-scroll", tabindex: "0" },
    el("table", {}, head && el("thead", {}, row(head, "th")), el("tbody", {}, body.map((/** @type {any[]} */ cells) => row(cells, "td")))));
}

const TASK = /** @type {Record<string, string>} */ ({ pending: "waiting", in_progress: "under way", complete: "done", error: "failed" });

/** @param {any} block */
function taskCard(block) {
  const status = TASK[block.status] ? block.status : "pending";
  return el("div", { class: `block task task-${status}`, data: { testid: "task-card", status } },
    el("span", { class: "task-mark", role: "img", "aria-label": TASK[status] }, status === "complete" && icon("check"), status === "error" && icon("close")),
    el("div", { class: "task-body" },
      el("div", { class: "task-title" }, plain(block.title)),
      block.details && el("div", { class: "task-details" }, richOrPlain(block.details)),
      block.output && el("div", { class: "task-details" }, richOrPlain(block.output)),
      block.sources?.length > 0 && el("div", { class: "task-sources" }, block.sources.map((/** @type {any} */ source) => link(source.url, source.text ?? source.url)))));
}

/** @param {any} block @param {Surface} surface */
function plan(block, surface) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((/** @type {any} */ task) => task.status === "complete").length;
  return el("details", { class: "block plan", open: done < tasks.length },
    el("summary", {}, plain(typeof block.title === "string" ? block.title : block.title?.text), el("span", { class: "plan-count" }, `${done} of ${tasks.length}`)),
    tasks.map((/** @type {any} */ task) => blockNode({ type: "task_card", ...task }, surface)));
}

const LEVELS = ["default", "info", "warning", "error", "success"];

/** @param {any} block */
function alert(block) {
  const level = LEVELS.includes(block.level) ? block.level : "default";
  return el("div", { class: `block alert alert-${level}`, role: "note" }, textObject(block.text));
}

/** @param {any} block @param {Surface} surface */
function card(block, surface) {
  return el("div", { class: "block card" },
    block.hero_image && picture(block.hero_image.image_url, plain(block.hero_image.alt_text), "hero"),
    el("div", { class: "card-head" }, block.icon && picture(block.icon.image_url, plain(block.icon.alt_text), "inline-image"),
      el("div", {}, block.title && el("div", { class: "card-title" }, textObject(block.title)),
        block.subtitle && el("div", { class: "card-subtitle" }, textObject(block.subtitle)))),
    block.body && el("div", { class: "text" }, textObject(block.body)),
    block.actions?.length > 0 && el("div", { class: "row" }, block.actions.map((/** @type {any} */ element) => elementNode(element, block, surface))));
}

/** @param {any} block @param {Surface} surface */
function container(block, surface) {
  const title = block.rich_text_title ? richText(block.rich_text_title.elements) : textObject(block.title ?? "");
  const inside = [block.subtitle && el("div", { class: "card-subtitle" }, textObject(block.subtitle)), renderBlocks(block.child_blocks, surface)];
  if (!block.is_collapsible) return el("div", { class: "block card" }, el("div", { class: "card-title" }, title), inside);
  return el("details", { class: "block card", open: !block.default_collapsed }, el("summary", { class: "card-title" }, title), inside);
}

/** @type {Record<string, (block: any, surface: Surface) => Node>} */
const RENDER = {
  section, image, input, table, task_card: taskCard, plan, alert, card, container,
  divider: () => el("hr", { class: "block" }),
  header: (block) => el("h2", { class: "block header" }, textObject(block.text)),
  context: (block, surface) => el("div", { class: "block context" }, block.elements.map((/** @type {any} */ element) => elementNode(element, block, surface))),
  actions: (block, surface) => el("div", { class: "block row" }, block.elements.map((/** @type {any} */ element) => elementNode(element, block, surface))),
  context_actions: (block, surface) => el("div", { class: "block row context-actions" },
    block.elements.map((/** @type {any} */ element) => elementNode(element, block, surface))),
  rich_text: (block) => el("div", { class: "block rich text" }, richText(block.elements)),
  markdown: (block) => el("div", { class: "block markdown text" }, markdown(block.text)),
  carousel: (block, surface) => el("div", { class: "block carousel", tabindex: "0", role: "group", "aria-label": "Cards" },
    block.elements.map((/** @type {any} */ element) => blockNode({ type: "card", ...element }, surface))),
};

/** One broken block must not take the message with it. @param {any} block @param {Surface} surface @returns {Node} */
function blockNode(block, surface) {
  const render = RENDER[block?.type];
  try {
    if (render) return render(block, surface);
  } catch (error) {
    console.error("A block could not be shown", block, error);
  }
  return el("div", { class: "block unsupported" }, `This page cannot show a ${block?.type ?? "nameless"} block.`);
}

/** @param {any[]} blocks @param {Surface} surface @returns {Node[]} */
export const renderBlocks = (blocks, surface) => (blocks ?? []).map((block) => blockNode(block, surface));

/** Slack's older attachments. @param {any[]} attachments @param {Surface} surface */
export function renderAttachments(attachments, surface) {
  return (attachments ?? []).map((old) => el("div", { class: "attachment" },
    old.pretext && el("div", { class: "text" }, mrkdwn(old.pretext)),
    old.title && el("div", { class: "card-title" }, old.title_link ? link(old.title_link, plain(old.title)) : plain(old.title)),
    old.blocks ? renderBlocks(old.blocks, surface) : (old.text || old.fallback) && el("div", { class: "text" }, mrkdwn(old.text || old.fallback)),
    old.fields && el("div", { class: "fields" }, old.fields.map((/** @type {any} */ field) =>
      el("div", { class: "text" }, el("strong", {}, plain(field.title)), el("br"), mrkdwn(field.value)))),
    old.footer && el("div", { class: "context" }, plain(old.footer))));
}
