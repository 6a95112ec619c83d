import { renew } from "./renew.js";

const announceEvery = 30_000; // milliseconds (R32)

/**
 * Keeps the list true without moving anything under the user (R37): a row that
 * changed is renewed where it stands, one that belongs here no longer is marked
 * where it stands and goes when the user moves on, and new ones wait behind
 * "3 new (1 red)" until the user asks for them. While updates are paused (R33)
 * all of it waits.
 */
export class Rows {
  #doc;
  #ask;
  /** @type {Map<string, string>} flags by alert id */
  #held = new Map();
  /** @type {HTMLElement[] | null} */
  #paused = null;
  #announced = -announceEvery;
  #announcing = 0;

  /**
   * @param {Document} doc
   * @param {() => void} ask fetches the list anew and shows it as it is
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
   * @param {Iterable<Element>} rows each with its move
   * @param {boolean} [own] the user did it
   */
  take(rows, own = false) {
    for (const row of [...rows]) {
      if (!(row instanceof HTMLElement) || !row.dataset.alertId) continue;
      if (this.#paused && !own) this.#paused.push(row);
      else this.#move(row, own);
    }
    this.#say();
  }

  /**
   * Compares the page with the list as it is, without moving anything.
   *
   * @param {Element[]} rows the list from its beginning
   * @param {string} version of the snapshot they were made of
   * @param {boolean} whole there are none after these
   */
  compare(rows, version, whole) {
    if (this.#paused) return;
    const shown = this.#shown();
    const there = new Set();
    let last = -1;
    for (const row of rows) {
      if (!(row instanceof HTMLElement)) continue;
      const id = row.dataset.alertId ?? "";
      there.add(id);
      const at = shown.findIndex((r) => r.dataset.alertId === id);
      last = Math.max(last, at);
      row.dataset.move = at < 0 ? "new" : "update";
      row.dataset.version = version;
    }
    const gone = shown.filter((row, i) => !there.has(row.dataset.alertId) && (whole || i < last) && !row.hasAttribute("data-left") && !newer(row, version));
    this.#held = new Map([...this.#held].filter(([id]) => there.has(id)));
    this.take(rows);
    for (const row of gone) {
      row.dataset.left = "";
      row.dataset.renewed = "";
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
    this.#ask();
  }

  /** Is told that the list was put in place as it is. */
  shown() {
    const version = this.#doc.getElementById("board")?.dataset.version ?? "";
    for (const row of this.#shown()) row.dataset.version = version;
    for (const id of this.#held.keys()) this.#find(id)?.setAttribute("data-arrived", "");
    this.#held.clear();
    this.#paused = this.#paused && [];
    this.#say();
  }

  /** Is told that there are more rows, or fewer, or others altogether. */
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
    this.#paused = null;
    this.counted();
  }

  /** Is told that the user opened another alert: what has left goes now. */
  movedOn() {
    for (const row of this.#shown()) {
      row.removeAttribute("data-arrived");
      row.removeAttribute("data-renewed");
      if (row.hasAttribute("data-left") && !row.hasAttribute("aria-current")) row.remove();
    }
    this.#say();
  }

  /** Stops updates, visibly, or takes them up again. */
  togglePause() {
    const button = this.#button("pause");
    if (!button) return;
    const waiting = this.#paused;
    this.#paused = waiting ? null : [];
    const now = new Date().toTimeString().slice(0, 5);
    button.setAttribute("aria-pressed", String(!waiting));
    button.textContent = (waiting ? button.dataset.pause : `${button.dataset.resume}`) ?? "";
    this.#doc.getElementById("news")?.toggleAttribute("data-paused-now", !waiting);
    const since = waiting ? "" : (button.dataset.paused ?? "").replace("{time}", now);
    this.#doc.getElementById("paused")?.replaceChildren(since);
    this.#announce(since);
    if (waiting) this.take(waiting);
  }

  /**
   * @param {HTMLElement} row
   * @param {boolean} own
   */
  #move(row, own) {
    const id = row.dataset.alertId ?? "";
    const move = row.dataset.move;
    row.removeAttribute("data-move");
    const here = this.#find(id);
    if (!here) {
      if (move === "leave") this.#held.delete(id);
      else if (move === "new" || this.#held.has(id)) this.#held.set(id, row.dataset.flag ?? "");
      return;
    }
    if (newer(here, row.dataset.version)) return;
    if (move === "leave") row.dataset.left = "";
    const [was, is] = [stateOf(here), stateOf(row)];
    if (!here.querySelector(".aside")) here.dataset.renewed = ""; // what is added must not make it higher
    renew(here, row);
    const detail = this.#doc.getElementById("detail");
    if (!own && is !== was && detail?.dataset.alertId === id) {
      detail.dispatchEvent(new CustomEvent("board:changed", { bubbles: true, detail: here.querySelector(".aside")?.textContent ?? "" }));
    }
  }

  #say() {
    const words = this.#words();
    const reds = [...this.#held.values()].filter((flag) => flag === "red").length;
    const button = this.#button("show-new");
    let text = "";
    if (this.#held.size > 0) {
      text = (words.new ?? "").replace("{n}", this.#number(this.#held.size));
      if (reds > 0) text += ` (${(words.red ?? "").replace("{n}", this.#number(reds))})`;
    }
    const shown = this.#doc.getElementById("shown");
    const rows = this.#shown().filter((row) => !row.hasAttribute("data-left"));
    const count = this.#number(rows.length);
    if (shown && shown.textContent !== count) shown.textContent = count;
    if (this.#held.size > 0 && rows.length === 0 && !this.#paused) {
      this.#ask(); // in an empty list nothing can move
      return;
    }
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

  /** @returns {HTMLElement[]} */
  #shown() {
    return [...this.#doc.querySelectorAll("#board .row")].filter((row) => row instanceof HTMLElement);
  }

  /**
   * @param {string} id
   * @returns {HTMLElement | null}
   */
  #find(id) {
    return this.#doc.querySelector(`#board .row[data-alert-id="${CSS.escape(id)}"]`);
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
 * Whether a row is of a newer snapshot than the given one (R13).
 *
 * @param {HTMLElement} row
 * @param {string | undefined} version
 * @returns {boolean}
 */
function newer(row, version) {
  return Number(row.dataset.version) > Number(version);
}

/**
 * What a row says of what was done about its alert.
 *
 * @param {HTMLElement} row
 * @returns {string}
 */
function stateOf(row) {
  return `${row.dataset.status} ${row.querySelector(".aside")?.textContent ?? ""}`;
}
