import { Deeds } from "./deeds.js";
import { Details } from "./details.js";
import { tellFoot } from "./foot.js";
import { watchForm } from "./form.js";
import { Grid } from "./grid.js";
import { bindKeys, Keymap } from "./keys.js";
import { samePatient, Selected } from "./selected.js";

/**
 * Binds the keys of the board's one table to what they do here. A page without a
 * list has those that lead elsewhere.
 *
 * @param {Document} doc
 * @param {import("./rows.js").Rows | null} rows
 * @param {import("htmx.org").Htmx} htmx
 */
export function bindCommands(doc, rows, htmx) {
  const keys = doc.body.dataset.keys;
  if (!keys) return;
  watchForm(doc);
  const commands = { ...everywhere(doc), ...(rows ? onBoard(doc, rows, htmx) : {}) };
  /** @type {unknown} what a command opens, until it is there */
  let opening = null;
  const run = (/** @type {string} */ id) => {
    const done = commands[id]?.() ?? id in commands;
    if (done instanceof Promise) {
      opening = done;
      const opened = () => { if (opening === done) opening = null; };
      done.then(opened, opened);
    }
    return done !== false;
  };
  commands["palette"] = () => import("./palette.js").then(({ openPalette }) => openPalette(doc, run));
  commands["help"] = () => import("./palette.js").then(({ openHelp }) => openHelp(doc));
  bindKeys(doc, new Keymap(JSON.parse(keys)), (id, { key }) => {
    // Who goes on typing means what opens: an "e" of a note's must decide nothing.
    if (opening && key !== "Escape") return true;
    opening = null;
    return run(commands[`${id}:${key}`] ? `${id}:${key}` : id);
  });
}

/**
 * What can be done, by the commands' ids; where one of its keys does it another
 * way, that key stands behind a colon. One that answers false has nothing to do
 * here and leaves the key to the browser; one that answers a promise opens what
 * text is typed into.
 *
 * @typedef {Record<string, () => unknown>} Commands
 */

/**
 * @param {Document} doc
 * @returns {Commands}
 */
function everywhere(doc) {
  const home = doc.querySelector(".brand")?.getAttribute("href") ?? "/";
  const go = (/** @type {string[]} */ places, before = "") =>
    Object.fromEntries(places.map((to) => [`go-${to}`, () => location.assign(home + before + to)]));
  return {
    ...go(["open", "escalated", "processed"], "?status="),
    ...go(["reports", "insights", "settings"]),
    search: () => {
      const box = doc.getElementById("search");
      if (!(box instanceof HTMLInputElement)) return false;
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
      return true;
    },
  };
}

/**
 * @param {Document} doc
 * @param {import("./rows.js").Rows} rows
 * @param {import("htmx.org").Htmx} htmx
 * @returns {Commands}
 */
function onBoard(doc, rows, htmx) {
  const grid = new Grid(doc, rows);
  const details = new Details(doc, grid, htmx);
  const selected = new Selected(doc, grid);
  const deeds = new Deeds(doc, grid, details, selected, htmx);
  doc.addEventListener("htmx:after:swap", () => grid.settle());
  for (const kind of ["focusin", "focusout"]) doc.addEventListener(kind, () => tellFoot(doc));

  /** @param {HTMLElement | null | undefined} row */
  const goTo = (row) => {
    if (!row) return;
    grid.focus(row);
    if (details.id()) void details.follow(row);
    else void details.readAhead();
  };
  const step = (/** @type {1 | -1} */ way) => () => {
    const at = deeds.subject() ?? grid.current();
    // The first key of a visit goes to the row that is the tab stop.
    const started = at && (at.contains(doc.activeElement) || details.id());
    goTo(started ? grid.beside(at, way) : at);
  };
  const patient = (/** @type {1 | -1} */ way) => () => {
    const at = deeds.subject();
    if (at) goTo(grid.beside(at, way, (row) => !samePatient(at, row)));
  };
  const pick = (/** @type {"toggle" | "upTo" | "ofPatient"} */ how) => () => {
    const row = deeds.subject();
    if (row) selected[how](row);
  };
  // Elsewhere the key scrolls.
  const inList = (/** @type {() => void} */ move) => () => (doc.activeElement?.matches("body, #board *") ? move() : false);
  const [next, previous] = [step(1), step(-1)];
  return {
    next, previous,
    "next:ArrowDown": inList(next), "previous:ArrowUp": inList(previous),
    "next-patient": patient(1), "previous-patient": patient(-1),
    first: inList(() => goTo(grid.rows()[0])), last: inList(() => goTo(grid.rows().at(-1))),
    open: () => {
      const row = deeds.subject();
      if (row) toggle(row);
    },
    "open:Enter": () => {
      const row = doc.activeElement?.matches("#board .row .who") ? deeds.subject() : null;
      if (row) toggle(row);
      return row !== null;
    },
    process: () => deeds.process(),
    "process-note": () => (doc.activeElement?.closest("#act") ? deeds.process() : false),
    escalate: () => deeds.escalate(),
    undo: () => deeds.undo(),
    note: () => deeds.write("note"),
    category: () => deeds.write("category"),
    select: pick("toggle"), "select-to": pick("upTo"), "select-patient": pick("ofPatient"),
    "show-new": () => rows.showNew(),
    pause: () => rows.togglePause(),
    red: () => filter("red"), orange: () => filter("orange"), gray: () => filter("gray"), all: () => filter(""),
    ...Object.fromEntries([4, 5, 6, 7, 8, 9].map((slot) => [`view-${slot}`, () => view(slot)])),
    back,
  };

  /** @param {HTMLElement} row */
  function toggle(row) {
    if (details.id() === row.dataset.alertId) return close();
    grid.focus(row);
    void details.open(row);
  }

  function close() {
    const row = grid.find(details.id()) ?? grid.current();
    details.close();
    grid.focus(row);
  }

  /** Leaves what the user is in, the innermost first. */
  function back() {
    const at = doc.activeElement;
    if (at instanceof HTMLElement && at.matches("input, textarea, select")) {
      const row = deeds.subject() ?? grid.current();
      at.blur();
      grid.focus(row);
    } else if (!selected.clear()) {
      if (!details.id()) return false;
      close();
    }
    return true;
  }

  /**
   * Shows one flag alone, or all.
   *
   * @param {string} flag
   */
  function filter(flag) {
    const query = new URLSearchParams(doc.getElementById("board")?.dataset.query);
    query.delete("flag");
    if (flag || query.has("s")) query.set("flag", flag);
    location.assign(`${doc.querySelector(".brand")?.getAttribute("href") ?? "/"}?${query}`);
  }

  /** @param {number} slot */
  function view(slot) {
    const link = /** @type {HTMLAnchorElement | null} */ (doc.querySelector(`#filters a[aria-keyshortcuts="${slot}"]`));
    if (!link) return false;
    location.assign(link.href);
    return true;
  }
}
