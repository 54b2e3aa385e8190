// Shortcodes the page can show, and offers as reactions. An unknown one stays as it was typed.

const TABLE = `thumbsup=👍 +1=👍 thumbsdown=👎 -1=👎 white_check_mark=✅ heavy_check_mark=✔️ x=❌ eyes=👀 wave=👋 tada=🎉
heart=❤️ pray=🙏 raised_hands=🙌 clap=👏 ok_hand=👌 point_right=👉 point_up=☝️ muscle=💪 handshake=🤝 raising_hand=🙋
smile=😄 grinning=😀 slightly_smiling_face=🙂 blush=😊 joy=😂 sweat_smile=😅 wink=😉 thinking_face=🤔 neutral_face=😐
confused=😕 cry=😢 sob=😭 disappointed=😞 rage=😡 exploding_head=🤯 partying_face=🥳 sunglasses=😎 relieved=😌
hourglass=⌛ hourglass_flowing_sand=⏳ alarm_clock=⏰ clock3=🕒 calendar=📅 date=📅 ticket=🎫 bust_in_silhouette=👤
busts_in_silhouette=👥 page_facing_up=📄 page_with_curl=📃 books=📚 book=📖 bookmark=🔖 bookmark_tabs=📑 file_folder=📁
memo=📝 pencil=✏️ pencil2=✏️ clipboard=📋 link=🔗 paperclip=📎 mag=🔍 mag_right=🔎 warning=⚠️ no_entry=⛔ no_entry_sign=🚫
rotating_light=🚨 bell=🔔 no_bell=🔕 speech_balloon=💬 information_source=ℹ️ question=❓ exclamation=❗ bulb=💡 lock=🔒
unlock=🔓 closed_lock_with_key=🔐 key=🔑 shield=🛡️ package=📦 truck=🚚 shopping_trolley=🛒 credit_card=💳 moneybag=💰
receipt=🧾 gift=🎁 star=⭐ sparkles=✨ fire=🔥 rocket=🚀 100=💯 robot_face=🤖 wrench=🔧 gear=⚙️ hammer_and_wrench=🛠️
battery=🔋 electric_plug=🔌 headphones=🎧 iphone=📱 computer=💻 tv=📺 camera=📷 house=🏠 department_store=🏬 telephone_receiver=📞
email=📧 envelope=✉️ inbox_tray=📥 outbox_tray=📤 arrow_right=➡️ arrows_counterclockwise=🔄 recycle=♻️ construction=🚧
chart_with_upwards_trend=📈 green_circle=🟢 red_circle=🔴 large_yellow_circle=🟡 large_blue_circle=🔵 white_circle=⚪ zzz=💤
hand=✋ raised_hand=✋ writing_hand=✍️ pushpin=📌 round_pushpin=📍 label=🏷️ coffee=☕ sunny=☀️ snowflake=❄️`;

/** @type {Map<string, string>} */
export const EMOJI = new Map(TABLE.split(/\s+/).map((pair) => {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}));

/** The names shown in the reaction picker: each picture once, under its first name. */
export const PICKABLE = [...EMOJI].filter(([, picture], index, all) => all.findIndex(([, other]) => other === picture) === index);

/** Replace the shortcodes in a plain text by their pictures. @param {string} text */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+'-]+)(?:::skin-tone-\d)?:/g, (all, name) => EMOJI.get(name) ?? all);
}

/** @param {string} name */
export const emojiOf = (name) => EMOJI.get(name.split("::")[0]) ?? `:${name}:`;
