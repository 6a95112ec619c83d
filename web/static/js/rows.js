import { dropEmptyHeads, headOf } from "./heads.js";
import { renew } from "./renew.js";

const announceEvery = 30_000; // milliseconds (R32)
const remembered = 2_000; // alerts that left without having been shown

/**
 * Keeps the list true without moving anything under the user (R37): a row that
 * changed is renewed where it stands, one that belongs here no longer is marked
 * where it stands and goes when the user moves on, and new ones wait behind
 * "3 new (1 red)" until the user asks for them. While updates are paused (R33)
 * all of it waits.
 *
 * Everything said of a row has the version of the snapshot it was made from; of
 * two the newer holds, in whichever order they arrive (R13).
 */
export class Rows {
  #doc;
  #ask;
  /** @type {Map<string, {flag: string, version: number}>} new ones by alert id */
  #held = new Map();
  /** @type {Map<string, number>} versions in which alerts left that aren't shown */
  #gone = new Map();
  /** @type {Map<string, HTMLElement> | null} the newest of each row, while paused */
  #paused = null;
  #missed = false; // while paused, the whole list was to be compared
  #announced = -announceEvery;
  #announcing = 0;

  /**
   * @param {Document} doc
   * @param {(show: boolean) => void} ask fetches the list anew, to show it as it is or to compare
   */
  constructor(doc, ask) {
    this.#doc = doc;
    this.#ask = ask;
    // Going back in history replaces the page's elements, so none is held on to.
    doc.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("#show-new, #pause") : null;
      if (button?.id === "show-new") this.showNew();
      if (button?.id === "pause") this.togglePause();
    });
    this.counted();
  }

  /**
   * Takes what an event or an answer says of rows.
   *
   * @param {Iterable<Element>} rows each with its move and version
   * @param {boolean} [own] the user did it
   */
  take(rows, own = false) {
    for (const row of [...rows]) {
      if (!(row instanceof HTMLElement) || !row.dataset.alertId) continue;
      if (this.#paused && !own) this.#paused.set(row.dataset.alertId, row);
      else this.#move(row, own);
    }
    // Where no row stands at all nothing can move.
    if (this.#held.size > 0 && this.shown().length === 0 && !this.#paused) this.#ask(true);
    this.#say();
  }

  /**
   * Compares the page with the list as it is, without moving anything.
   *
   * @param {Element[]} rows the list from its beginning
   * @param {number} version of the snapshot they were made of
   * @param {boolean} whole there are none after these
   */
  compare(rows, version, whole) {
    if (this.#paused) {
      this.#missed = true;
      return;
    }
    const there = new Map(rows.map((row) => [idOf(row), row]));
    const shown = this.shown();
    const last = shown.findLastIndex((row) => there.has(idOf(row)));
    const gone = shown.filter((row, i) => !there.has(idOf(row)) && (whole || i < last) && !row.hasAttribute("data-left") && versionOf(row) <= version);
    if (whole) this.#forget((id, held) => held.version <= version && !there.has(id));
    for (const row of there.values()) {
      if (row instanceof HTMLElement) row.dataset.move = "new";
    }
    this.take(there.values());
    for (const row of gone) {
      row.dataset.left = "";
      row.dataset.renewed = "aside";
      row.querySelector(".aside")?.remove();
      const note = this.#doc.createElement("span");
      note.className = "aside";
      note.textContent = this.#words().left ?? "";
      row.append(note);
    }
    this.#say();
  }

  /** Shows the new ones, and the list in its order. */
  showNew() {
    if (this.#paused) this.togglePause();
    this.#ask(true);
  }

  /**
   * Brings a list that is about to be put in place up to what is known since it
   * was made.
   *
   * @param {Element} list
   */
  refresh(list) {
    for (const row of list.querySelectorAll(".row")) {
      const [id, version] = [idOf(row), versionOf(row)];
      const here = this.find(id);
      if ((this.#gone.get(id) ?? 0) > version) row.remove();
      else if (here && versionOf(here) > version) {
        if (here.hasAttribute("data-left")) row.remove();
        else row.replaceWith(here.cloneNode(true));
      }
    }
    dropEmptyHeads(list.querySelectorAll(".patient-row"));
  }

  /**
   * Is told that a list was put in place as it is.
   *
   * @param {number} version
   */
  placed(version) {
    const focus = this.#doc.activeElement;
    for (const id of this.#held.keys()) this.find(id)?.setAttribute("data-arrived", "");
    this.#forget((id, held) => held.version <= version || Boolean(this.find(id)));
    this.#missed = false;
    this.#paused = this.#paused && new Map();
    this.#say();
    if (!focus || focus === this.#doc.body || focus.id === "show-new") {
      const first = this.#doc.querySelector(".row[data-arrived] .who, .row .who");
      if (first instanceof HTMLElement) first.focus({ preventScroll: true });
    }
  }

  /**
   * Takes from rows that are about to be put behind those shown what is known
   * better.
   *
   * @param {DocumentFragment} rows
   */
  follow(rows) {
    for (const row of rows.querySelectorAll(".row")) {
      const id = idOf(row);
      if (this.find(id) || (this.#gone.get(id) ?? 0) > versionOf(row)) row.remove();
      else this.#held.delete(id);
    }
    dropEmptyHeads(rows.querySelectorAll(".patient-row"));
  }

  /** Is told that there may be more rows, or fewer, or other elements. */
  counted() {
    const pause = this.#button("pause");
    if (pause?.hidden) {
      pause.hidden = false;
      this.#paused = null;
    }
    this.#say();
  }

  /** Is told that another list is shown: what was held belongs to the former. */
  another() {
    this.#held.clear();
    this.#gone.clear();
    this.#paused = null;
    this.counted();
  }

  /**
   * Is told that the user goes on: what has left goes now.
   *
   * @param {string} [alert] whose row stays all the same: the one that is open
   */
  movedOn(alert = this.#doc.getElementById("detail")?.dataset.alertId) {
    for (const row of this.#doc.querySelectorAll("#board :is([data-arrived], [data-renewed], [data-marked], [data-left])")) {
      row.removeAttribute("data-arrived");
      row.removeAttribute("data-renewed");
      row.removeAttribute("data-marked");
      if (!row.matches("[data-left]") || idOf(row) === alert || row.contains(this.#doc.activeElement)) continue;
      headOf(row)?.querySelector(".n")?.remove(); // it counts one that is there no more
      row.remove();
    }
    dropEmptyHeads(this.#doc.querySelectorAll("#board .patient-row"));
    this.#say();
  }

  /** Stops updates, visibly, or takes them up again. */
  togglePause() {
    const button = this.#button("pause");
    if (!button) return;
    const waiting = this.#paused;
    this.#paused = waiting ? null : new Map();
    const now = new Date().toTimeString().slice(0, 5);
    button.textContent = (waiting ? button.dataset.pause : button.dataset.resume) ?? "";
    this.#doc.getElementById("news")?.toggleAttribute("data-paused-now", !waiting);
    const since = waiting ? "" : (button.dataset.paused ?? "").replace("{time}", now);
    this.#doc.getElementById("paused")?.replaceChildren(since);
    if (since) this.#announce(since);
    if (!waiting) return;
    this.take(waiting.values());
    if (this.#missed) this.#ask(false);
    this.#missed = false;
  }

  /**
   * @param {HTMLElement} row
   * @param {boolean} own
   */
  #move(row, own) {
    const id = idOf(row);
    const version = versionOf(row);
    const move = row.dataset.move;
    row.removeAttribute("data-move");
    tellToast(this.#doc, row);
    const detail = this.#doc.getElementById("detail");
    const shown = detail?.dataset.alertId === id && !detail.querySelector("form.htmx-request") ? detail : null;
    // What the user did to the alert that is shown, the detail says at once.
    if (own) shown?.dispatchEvent(new Event("delivered"));
    const here = this.find(id);
    if (!here) {
      const held = this.#held.get(id);
      if (Math.max(held?.version ?? 0, this.#gone.get(id) ?? 0) > version) return;
      if (move === "leave") this.#leave(id, version);
      else if (move === "new" || held) this.#held.set(id, { flag: row.dataset.flag ?? "", version });
      return;
    }
    if (versionOf(here) > version) {
      if (own) tellToast(this.#doc, here); // the stream was faster than the answer
      return;
    }
    if (move === "leave") row.dataset.left = "";
    const [was, is] = [stateOf(here), stateOf(row)];
    if (!here.querySelector(".aside")) here.dataset.renewed = ""; // what is added must not make it higher
    keepMarkPlace(here, row);
    renew(here, row);
    if ("renewed" in here.dataset) here.dataset.renewed = here.querySelector(".aside") ? "aside" : "";
    if (is === was || own || !shown) return;
    if (shown.dataset.delivery === "pending") {
      shown.dispatchEvent(new Event("delivered")); // nothing is being typed there
    } else {
      shown.dispatchEvent(new CustomEvent("board:changed", { bubbles: true, detail: here.querySelector(".aside")?.textContent ?? "" }));
    }
  }

  /**
   * @param {string} id
   * @param {number} version
   */
  #leave(id, version) {
    this.#held.delete(id);
    this.#gone.set(id, version);
    const [oldest] = this.#gone.keys();
    if (oldest && this.#gone.size > remembered) this.#gone.delete(oldest);
  }

  /** @param {(id: string, held: {flag: string, version: number}) => boolean} which */
  #forget(which) {
    for (const [id, held] of this.#held) {
      if (which(id, held)) this.#held.delete(id);
    }
  }

  #say() {
    const words = this.#words();
    const reds = [...this.#held.values()].filter(({ flag }) => flag === "red").length;
    const button = this.#button("show-new");
    let text = "";
    if (this.#held.size > 0) {
      text = (words.new ?? "").replace("{n}", this.#number(this.#held.size));
      if (reds > 0) text += ` (${(words.red ?? "").replace("{n}", this.#number(reds))})`;
    }
    const shown = this.#doc.getElementById("shown");
    const count = this.#number(this.shown().filter((row) => !row.hasAttribute("data-left")).length);
    if (shown && shown.textContent !== count) shown.textContent = count;
    if (!button) return;
    button.hidden = text === "";
    button.classList.toggle("has-red", reds > 0);
    const label = button.querySelector(".n");
    if (label && label.textContent !== text) {
      label.textContent = text;
      if (text) this.#announce(text);
    }
  }

  /**
   * Puts a message where a screen reader reads it out, one in half a minute at
   * most; of several the newest is read (R32).
   *
   * @param {string} text
   */
  #announce(text) {
    clearTimeout(this.#announcing);
    const wait = Math.max(0, this.#announced + announceEvery - performance.now());
    this.#announcing = setTimeout(() => {
      this.#announced = performance.now();
      this.#doc.getElementById("said")?.replaceChildren(text);
    }, wait);
  }

  /** @param {number} n */
  #number(n) {
    return n.toLocaleString(this.#doc.documentElement.lang);
  }

  #words() {
    return this.#doc.getElementById("news")?.dataset ?? {};
  }

  /**
   * The rows of the list. They stand side by side; to look through all that is in
   * them would take ten times as long, and every key asks for them.
   *
   * @returns {HTMLElement[]}
   */
  shown() {
    const children = this.#doc.querySelector("#board > .rows")?.children ?? [];
    return [...children].filter((row) => row instanceof HTMLElement).filter((row) => row.classList.contains("row"));
  }

  /**
   * @param {string} id of an alert
   * @returns {HTMLElement | null} its row; null where it isn't shown
   */
  find(id) {
    return this.#doc.getElementById(`a-${encodeURIComponent(id)}`);
  }

  /**
   * @param {string} id
   * @returns {HTMLButtonElement | null}
   */
  #button(id) {
    return /** @type {HTMLButtonElement | null} */ (this.#doc.getElementById(id));
  }
}

/**
 * @param {Element} row
 * @returns {string}
 */
function idOf(row) {
  return row.getAttribute("data-alert-id") ?? "";
}

/**
 * The snapshot a row was made of.
 *
 * @param {Element} row
 * @returns {number}
 */
function versionOf(row) {
  return Number(row.getAttribute("data-version"));
}

/**
 * Sees to it that a mark of a similar name makes the row neither higher nor lower:
 * one that comes lies over the row, one that goes leaves its place.
 *
 * @param {HTMLElement} here
 * @param {HTMLElement} next what it is to look like
 */
function keepMarkPlace(here, next) {
  const [was, is] = [here.querySelector(".similar"), next.querySelector(".similar")];
  if (is && !was) here.dataset.marked = "";
  if (!was || is) return;
  const gone = /** @type {Element} */ (was.cloneNode(true));
  gone.classList.add("gone");
  next.querySelector(".line")?.append(gone);
}

/**
 * Lets the message about the user's last deed say how it ended.
 *
 * @param {Document} doc
 * @param {HTMLElement} row
 */
function tellToast(doc, row) {
  const toast = doc.querySelector("#toasts .toast");
  const said = row.querySelector(".aside")?.textContent;
  if (!toast || idOf(toast) !== idOf(row) || row.dataset.delivery === "pending") return;
  if (said) toast.firstElementChild?.replaceChildren(said);
  if (row.dataset.delivery) toast.querySelector("form")?.remove();
}

/**
 * What a row says of what was done about its alert.
 *
 * @param {HTMLElement} row
 * @returns {string}
 */
function stateOf(row) {
  return `${row.dataset.status} ${row.dataset.delivery} ${row.querySelector(".aside")?.textContent ?? ""}`;
}
