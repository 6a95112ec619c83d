import { BoardClock } from "./clock.js";
import { Freshness } from "./freshness.js";
import { bindKeys } from "./keys.js";
import { Rows } from "./rows.js";
import { Stream } from "./stream.js";
import { advanceWaiting } from "./waiting.js";

/**
 * Keeps the page live: what happens on the board comes in by an event stream, or
 * is asked for where that can't be held, and changes nothing but what it must.
 *
 * @param {Document} doc
 */
export function goLive(doc) {
  if (!doc.getElementById("poll") || !doc.getElementById("news")) return;

  const clock = new BoardClock();
  clock.set(doc.getElementById("status")?.dataset.now);
  advanceWaiting(doc, clock);

  const freshness = new Freshness(doc);
  let showing = false; // the next list is put in place as it is
  let placed = false; // it was
  const ask = (/** @type {boolean} */ show) => {
    showing ||= show;
    doc.getElementById("poll")?.dispatchEvent(new Event("refresh"));
  };
  const rows = new Rows(doc, () => ask(true));
  bindKeys(doc, { ".": () => rows.showNew() });

  const interval = Number(doc.getElementById("status")?.dataset.interval);
  const stream = new Stream(doc, {
    ask: () => ask(false),
    event: (name, data, beat) => {
      switch (name) {
        case "rows":
          rows.take(parse(doc, data).children);
          break;
        case "freshness":
        case "counts":
          for (const part of [...parse(doc, data).children]) {
            doc.getElementById(part.id)?.replaceWith(part);
            noteVersion(doc, part.getAttribute("data-version"));
          }
          break;
        case "heartbeat":
          clock.set(data);
          break;
        default: // reload, locked, signed-out: the answer to a question says what it is about
          ask(false);
      }
      freshness.heard(beat, name === "freshness");
      if (name === "freshness" && !doc.querySelector("#board .row")) ask(true); // what an empty list says depends on it
    },
  });

  doc.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = /** @type {CustomEvent} */ (event).detail;
    if (ctx.sourceElement?.id !== "poll" || ctx.response?.status !== 200) return;
    const at = tasks.findIndex((/** @type {any} */ task) => task.fragment?.querySelector?.("#board"));
    if (at < 0) return;
    if (showing) {
      placed = true;
      showing = false;
      return;
    }
    const list = tasks[at].fragment.querySelector("#board");
    tasks.splice(at, 1);
    rows.compare([...list.querySelectorAll(".row")], list.dataset.version, !list.querySelector("#more"));
  });

  doc.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = /** @type {CustomEvent} */ (event).detail;
    if (ctx.sourceElement?.id === "poll" && ctx.response?.status === 200) {
      if (placed) rows.shown();
      placed = false;
      clock.set(doc.getElementById("status")?.dataset.now);
      freshness.heard(interval, true);
    }
    if (ctx.target?.id === "detail" && ctx.request?.method === "GET") rows.movedOn();
    const moves = doc.getElementById("moves");
    if (moves?.firstElementChild) {
      rows.take(moves.querySelectorAll(".row"), true);
      moves.replaceChildren();
    }
    if (stream.renewed()) {
      clock.set(doc.getElementById("status")?.dataset.now);
      freshness.heard(interval, true);
      rows.another();
    } else {
      rows.counted();
    }
  });

  // A row's link doesn't name the list's filters: the same row serves every list.
  doc.addEventListener("htmx:config:request", (event) => {
    const { ctx } = /** @type {CustomEvent} */ (event).detail;
    const query = doc.getElementById("board")?.dataset.query;
    if (query && ctx.sourceElement?.matches?.(".row .who") && !ctx.request.action.includes("?")) ctx.request.action += `?${query}`;
  });

  doc.addEventListener("board:changed", (event) => tellChanged(doc, /** @type {CustomEvent} */ (event).detail));
}

/**
 * Notes how new the page is, so that an answer made from an older snapshot
 * doesn't replace it (R13).
 *
 * @param {Document} doc
 * @param {string | null} version
 */
function noteVersion(doc, version) {
  for (const id of ["status", "board"]) {
    const part = doc.getElementById(id);
    if (part && Number(version) > Number(part.dataset.version)) part.dataset.version = version ?? "";
  }
}

/**
 * Tells that the alert in the detail was changed by somebody else. The form stays
 * as it is: what is under the hand must not become something else.
 *
 * @param {Document} doc
 * @param {string} what
 */
function tellChanged(doc, what) {
  const words = doc.getElementById("news")?.dataset ?? {};
  const detail = doc.getElementById("detail");
  const toasts = doc.getElementById("toasts");
  if (!detail || !toasts || detail.querySelector("form.htmx-request") || !what) return;
  const notice = doc.createElement("div");
  notice.className = "notice conflict";
  notice.id = "changed";
  const text = doc.createElement("p");
  text.textContent = (words.changed ?? "").replace("{what}", what);
  notice.append(text);
  doc.getElementById("changed")?.remove();
  toasts.append(notice);
}

/**
 * @param {Document} doc
 * @param {string} html
 * @returns {DocumentFragment}
 */
function parse(doc, html) {
  const template = doc.createElement("template");
  template.innerHTML = html;
  return template.content;
}
