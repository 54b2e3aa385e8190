// What stands in an empty channel, and the questions a DM suggests.
import { el } from "./dom.js";
import { avatar } from "./messages.js";
import { plain } from "./mrkdwn.js";
import { store } from "./store.js";

/** @param {string} id @returns {Array<{title: string, message: string}>} */
export const promptsFor = (id) => store.prompts.filter((set) => (set.channel ?? set.channel_id) === id && !set.thread_ts)
  .flatMap((set) => set.prompts ?? []).slice(0, 4);

/** @param {import("./store.js").Channel} it @param {(text: string) => void} fill puts a text into the composer */
export function emptyChannel(it, fill) {
  const bot = it.kind === "dm" ? store.botOf(it.id) : store.bots().find((each) => it.members?.includes(each.id)) ?? (it.name === "support" ? store.bots()[0] : undefined);
  const title = it.kind === "dm" ? `This is your conversation with ${store.titleOf(it)}` : `This is the start of #${it.name}`;
  if (!bot || (it.kind !== "dm" && it.name !== "support")) return el("div", { class: "empty" }, el("h2", {}, title), el("p", {}, it.topic ? plain(it.topic) : "No messages yet."));
  const at = it.kind === "dm" ? "" : `@${bot.name} `;
  const prompted = promptsFor(it.id).length > 0; // then those stand above the composer instead
  const examples = prompted ? [] : ["can I return opened earbuds?", "how long does standard shipping take?", "what does the two-year protection plan cost?"];
  return el("div", { class: "empty", data: { testid: "first-hint" } }, avatar(store.nameOf(bot.id), bot, "large"), el("h2", {}, title),
    examples.length > 0 && el("p", {}, `Try: ${at}${examples[0]}`),
    examples.length > 0 && el("div", { class: "examples" }, examples.map((example) => el("button", { type: "button", class: "chip", data: { testid: "example" }, onclick: () => fill(at + example) }, at + example))),
    el("p", { class: "muted" }, `${store.nameOf(bot.id)} answers in a thread, with the documents it used.`));
}
