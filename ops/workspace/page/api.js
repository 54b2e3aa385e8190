// The page's HTTP calls and its event stream. Every answer is JSON with `ok`.

/**
 * @typedef {{ok: boolean, error?: string, [key: string]: any}} Answer
 */

/** @param {Response} response @returns {Promise<Answer>} */
async function answerOf(response) {
  const body = await response.json().catch(() => null);
  if (body && typeof body === "object") return { ok: response.ok, ...body };
  return { ok: false, error: `The workspace answered ${response.status}.` };
}

const unreachable = { ok: false, error: "The workspace does not answer. Is it still running? What you typed is kept." };

/** @param {string} path @param {object} body @returns {Promise<Answer>} never rejects */
export function post(path, body) {
  return fetch(`/ui/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).then(answerOf, () => unreachable);
}

/** Leave a file to be shared by a message. @param {string} as @param {File} file @returns {Promise<Answer>} never rejects */
export function upload(as, file) {
  return fetch(`/ui/upload?${new URLSearchParams({ as, name: file.name, type: file.type })}`, {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
  }).then(answerOf, () => unreachable);
}

/** @param {string} path @param {Record<string, string>} query @returns {Promise<Answer>} never rejects */
export function get(path, query = {}) {
  return fetch(`/ui/${path}?${new URLSearchParams(query)}`).then(answerOf, () => unreachable);
}

/**
 * Follow the workspace as one person. `onOpen` runs on every (re)connection, before its events.
 * @param {string} as
 * @param {{onOpen: () => void, onEvent: (event: any) => void, onLost: () => void}} handlers
 * @returns {() => void} stop
 */
export function follow(as, { onOpen, onEvent, onLost }) {
  /** @type {EventSource} */
  let source;
  let retry = 0;
  let stopped = false;
  const connect = () => {
    source = new EventSource(`/ui/stream?as=${encodeURIComponent(as)}`);
    source.onopen = onOpen;
    source.onmessage = (message) => onEvent(JSON.parse(message.data));
    source.onerror = () => {
      onLost();
      if (source.readyState === EventSource.CLOSED && !stopped) retry = window.setTimeout(connect, 2000);
    };
  };
  const leave = () => { clearTimeout(retry); source.close(); };
  // A browser keeps pages for its Back button, with their streams, of which it allows six a host.
  const comeBack = (/** @type {PageTransitionEvent} */ event) => { if (event.persisted) connect(); };
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", comeBack);
  connect();
  return () => {
    stopped = true;
    leave();
    window.removeEventListener("pagehide", leave);
    window.removeEventListener("pageshow", comeBack);
  };
}
