import { BoardClock } from "./clock.js";
import { Freshness } from "./freshness.js";
import { Rows } from "./rows.js";
import { Stream } from "./stream.js";
import { advanceWaiting } from "./waiting.js";

const lookAgain = 5_000; // milliseconds: at an action on its way whose row isn't in this list
const spread = 1_000; // milliseconds over which pages told alike come to ask

/**
 * Keeps the page live: what happens on the board comes in by an event stream, or
 * is asked for where that can't be held, and changes nothing but what it must.
 *
 * @param {Document} doc
 * @returns {Rows | null} the list's rows; null where the page has no list
 */
export function goLive(doc) {
  if (!doc.getElementById("poll") || !doc.getElementById("news")) return null;

  const clock = new BoardClock();
  clock.set(doc.getElementById("status")?.dataset.now);
  advanceWaiting(doc, clock);

  const freshness = new Freshness(doc);
  let show = false; // the next question is for a list to put in place as it is
  const ask = (/** @type {boolean} */ toShow) => {
    show ||= toShow;
    doc.getElementById("poll")?.dispatchEvent(new Event("refresh"));
  };
  const rows = new Rows(doc, ask);
  const interval = Number(doc.getElementById("status")?.dataset.interval);
  const stream = new Stream(doc, {
    ask: () => ask(false),
    event: (name, data, beat) => {
      switch (name) {
        case "rows":
          rows.take(parse(doc, data).children);
          break;
        case "freshness":
        case "counts": {
          const before = reds(doc);
          for (const part of [...parse(doc, data).children]) {
            doc.getElementById(part.id)?.replaceWith(part);
            noteVersion(doc, part.getAttribute("data-version"));
          }
          if (reds(doc) > before) doc.dispatchEvent(new Event("board:reds"));
          break;
        }
        case "heartbeat":
          clock.set(data);
          break;
        case "reload":
          setTimeout(() => ask(false), Math.random() * spread);
          break;
        default: // locked, signed-out: the answer to a question says what it is about
          ask(false);
      }
      freshness.heard(beat, name === "freshness");
      if (name === "freshness" && !doc.querySelector("#board .row")) ask(false); // what an empty list says depends on it
    },
  });

  doc.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const as = doc.body.dataset.as;
    if (as) ctx.request.headers["X-As"] = as;
    // A decision outlives its page. One with a note could be more than browsers let, but the note is kept as a draft.
    if (ctx.request.body instanceof FormData) ctx.request.keepalive = !ctx.request.body.get("note");
    const query = doc.getElementById("board")?.dataset.query;
    // A row's link doesn't name the list's filters: the same row serves every list.
    if (query && ctx.sourceElement?.matches?.(".row .who") && !ctx.request.action.includes("?")) ctx.request.action += `?${query}`;
    if (ctx.sourceElement?.id !== "poll") return;
    ctx.show = show;
    show = false;
    ctx.request.action += `&rows=${rows.shown().length}`;
  });

  doc.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    /** @type {import("./types.js").SwapTask[]} */
    const tasks = event.detail.tasks;
    if (ctx.sourceElement?.id === "more") {
      const after = new URL(ctx.request.action, doc.baseURI).searchParams.get("after");
      const last = rows.shown().at(-1);
      if (last?.getAttribute("data-alert-id") !== after) tasks.length = 0; // the list was put in place anew meanwhile
      for (const { fragment } of tasks) {
        if (fragment) rows.follow(fragment);
      }
    }
    if (ctx.sourceElement?.id !== "poll" || ctx.response?.status !== 200) return;
    const at = tasks.findIndex((task) => task.fragment?.firstElementChild?.id === "board");
    const list = tasks[at]?.fragment?.firstElementChild;
    if (!(list instanceof HTMLElement)) return;
    const version = Number(list.dataset.version);
    if (ctx.show || (list.querySelector(".row") === null && doc.querySelector("#board .row") === null)) {
      rows.refresh(list);
      ctx.placed = version;
      return;
    }
    tasks.splice(at, 1);
    rows.compare([...list.querySelectorAll(".row")], version, !list.querySelector("#more"));
  });

  doc.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.id === "poll" && ctx.response?.status === 200) {
      if (ctx.placed) rows.placed(ctx.placed);
      clock.set(doc.getElementById("status")?.dataset.now);
      freshness.heard(interval, true);
      if (ctx.show && !ctx.placed) ask(true); // what came was older than what is shown
    }
    if (ctx.sourceElement?.id === "poll") stream.answered(ctx.response?.status);
    if (ctx.target?.id === "detail" && ctx.request?.method === "GET" && ctx.sourceElement?.id !== "detail") {
      if (!ctx.goesOn) {
        rows.movedOn();
        doc.getElementById("toasts")?.replaceChildren(); // not by the clock, while somebody reads it
      }
      tellIfOlder(doc, rows);
    }
    const moves = doc.getElementById("moves");
    const moved = [...(moves?.children ?? [])];
    moves?.replaceChildren(); // two rows of one alert can't be told apart
    rows.take(moved, true);
    if (stream.renewed()) {
      clock.set(doc.getElementById("status")?.dataset.now);
      freshness.heard(interval, true);
      rows.another();
    } else {
      rows.counted();
    }
  });

  setInterval(() => {
    const detail = doc.getElementById("detail");
    if (detail?.dataset.delivery === "pending" && doc.visibilityState === "visible") detail.dispatchEvent(new Event("delivered"));
  }, lookAgain);

  // What was done before this goes, once what the key does is painted.
  doc.addEventListener("board:sending", ({ detail }) => requestAnimationFrame(() => setTimeout(() => rows.movedOn(detail))));
  doc.addEventListener("board:changed", (event) => tellChanged(doc, event.detail));
  return rows;
}

/**
 * @param {Document} doc
 * @returns {number} how many red ones wait; where that isn't known, more than ever
 */
function reds(doc) {
  const known = !doc.querySelector(".counts.not-known");
  return known ? Number(doc.querySelector("[data-count=red]")?.textContent) : Infinity;
}

/**
 * Notes how new what stands around the list is, so that an answer made from an
 * older snapshot doesn't replace it (R13).
 *
 * @param {Document} doc
 * @param {string | null} version
 */
function noteVersion(doc, version) {
  const status = doc.getElementById("status");
  if (status && Number(version) > Number(status.dataset.version)) status.dataset.version = version ?? "";
}

/**
 * Tells where an alert that was just opened has changed since its detail was
 * made: its row knows better.
 *
 * @param {Document} doc
 * @param {Rows} rows
 */
function tellIfOlder(doc, rows) {
  const id = doc.getElementById("detail")?.dataset.alertId ?? "";
  const row = rows.find(id);
  const seen = /** @type {HTMLInputElement | null} */ (doc.querySelector("#act [name=seen_status]"));
  if (row && seen && row.dataset.status !== seen.value && row.dataset.status !== "unknown") {
    tellChanged(doc, row.querySelector(".aside")?.textContent ?? "");
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
  notice.append((words.changed ?? "").replace("{what}", what));
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
