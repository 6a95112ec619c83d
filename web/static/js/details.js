import { tellFoot } from "./foot.js";
import { Looked } from "./looked.js";

const keepsFor = 60_000; // milliseconds: then what was read ahead is read again
const atOnce = 2; // how many alerts are read ahead (R41)

/**
 * The alert beside the list. What was read ahead is painted at once, and the
 * board's word follows; until it is there for one that wasn't, the patient's
 * name is, so that nobody takes the former alert for this one.
 */
export class Details {
  #doc;
  #grid;
  #htmx;
  #looked = new Looked(() => performance.now(), painted);
  #narrow = matchMedia("(max-width: 960px)"); // there the alert takes the list's place
  /** @type {HTMLElement | null} the row whose alert is opened once the focus on it is painted */
  #following = null;
  /** @type {Map<string, {state: string, html: string, at: number}>} what was read ahead, by alert id */
  #ahead = new Map();

  /**
   * @param {Document} doc
   * @param {import("./grid.js").Grid} grid
   * @param {import("htmx.org").Htmx} htmx
   */
  constructor(doc, grid, htmx) {
    this.#htmx = htmx;
    this.#doc = doc;
    this.#grid = grid;
    doc.addEventListener("htmx:after:swap", (event) => {
      const { ctx } = event.detail;
      this.#mark();
      if (ctx.target?.id !== "detail") return;
      this.#looked.shows(this.#shown());
      this.#ahead.delete(this.id());
      for (const told of this.#doc.querySelectorAll("#failures [data-alert-id]")) {
        if (told.getAttribute("data-alert-id") === this.id()) told.remove();
      }
      // A detail that renews itself takes the focus from nobody.
      if (ctx.sourceElement?.id !== "detail" && !ctx.byKey) this.#focus();
      if (ctx.request?.method === "GET") void this.readAhead();
    });
    // What was read ahead before knows nothing of it.
    doc.addEventListener("board:kept", ({ detail }) => this.#ahead.delete(detail));
    this.#mark();
    this.#looked.shows(this.#shown());
  }

  /** @returns {string} the id of the alert that is shown; "": none */
  id() {
    return this.#doc.getElementById("detail")?.dataset.alertId ?? "";
  }

  /** @returns {HTMLFormElement | null} where the user decides about it */
  form() {
    return this.#doc.querySelector("#detail form#act");
  }

  /** Whether the form waits for its answer, which must find it. */
  writing() {
    return this.#doc.querySelector("#detail form.htmx-request") !== null;
  }

  /**
   * Whether a row's alert was on screen long enough (R15): as it stands in the
   * detail, or else in the state the row shows.
   *
   * @param {HTMLElement} [row] none: the alert in the detail
   */
  wasLookedAt(row) {
    return this.#looked.has(!row || this.id() === idOf(row) ? this.#shown() : stateOf(row));
  }

  /**
   * Opens the alert of the row the focus has gone on to. That it has is painted
   * first; of several keys pressed fast only the last one's alert is opened.
   *
   * @param {HTMLElement} row
   * @param {boolean} [goesOn] after an action: what is said of that one stays
   */
  async follow(row, goesOn) {
    this.#following = row;
    await new Promise(painted);
    if (this.#following === row) await this.open(row, goesOn);
  }

  /**
   * Opens the alert of a row; the focus stays in the list where that is in sight.
   *
   * @param {HTMLElement} row
   * @param {boolean} [goesOn] after an action: what is said of that one stays
   * @returns {Promise<void>} kept once the board's word is there
   */
  async open(row, goesOn) {
    this.#following = null;
    const link = row.querySelector(".who");
    const detail = this.#doc.getElementById("detail");
    if (!(link instanceof HTMLAnchorElement) || !detail || this.writing()) return;
    const ahead = this.#ahead.get(idOf(row));
    const ready = ahead?.html && ahead.state === stateOf(row) && performance.now() - ahead.at < keepsFor;
    const replaces = !detail.matches(".none");
    if (this.id() !== idOf(row)) {
      const next = ready ? parsed(this.#doc, ahead.html) : this.#named(row);
      const others = next.querySelector(".card:has(.earlier)");
      others?.remove(); // of the patient's; the alert itself is painted first
      detail.replaceWith(next);
      this.#mark();
      if (ready) this.#doc.dispatchEvent(new Event("board:opened"));
      this.#looked.shows(ready ? this.#shown() : "");
      if (this.#narrow.matches) this.#focus();
      await new Promise(painted); // what the key did is seen before anything else is done
      if (others) next.append(others);
      if (this.#doc.getElementById("detail") !== next || this.writing()) return; // another one is
      if (ready) this.#htmx.process(next);
    }
    await this.#htmx.ajax("GET", link.getAttribute("href") ?? "", /** @type {any} */ ({
      source: link, target: "#detail", swap: ready ? "outerMorph" : "outerHTML show:top",
      byKey: true, goesOn, ...(replaces ? { replace: "true" } : { push: "true" }),
    }));
  }

  /** Shows no alert any more. */
  close() {
    this.#following = null;
    const detail = this.#doc.getElementById("detail");
    const board = this.#doc.getElementById("board");
    if (!detail || detail.matches(".none") || this.writing()) return;
    detail.replaceWith(this.#saying("none", this.#doc.getElementById("news")?.dataset.none ?? ""));
    const home = this.#doc.querySelector(".brand")?.getAttribute("href") ?? "/";
    history.replaceState({ htmx: true }, "", `${home}?${board?.dataset.query ?? ""}`);
    this.#mark();
    this.#looked.shows("");
  }

  /**
   * Reads the next alerts of the list ahead, unless they are at hand (R41), once
   * what the key did is painted.
   */
  async readAhead() {
    await new Promise(painted);
    let row = this.#grid.find(this.id()) ?? this.#grid.current();
    for (let n = 0; row && n < atOnce; n++) {
      row = this.#grid.beside(row, 1, (next) => !next.hasAttribute("data-left"));
      if (row) void this.#read(row);
    }
  }

  /** @param {HTMLElement} row */
  async #read(row) {
    const [id, state] = [idOf(row), stateOf(row)];
    for (const [other, { at }] of this.#ahead) {
      if (performance.now() - at > keepsFor) this.#ahead.delete(other);
    }
    if (this.#ahead.get(id)?.state === state) return;
    const reading = { state, html: "", at: performance.now() };
    this.#ahead.set(id, reading);
    try {
      const answer = await fetch(`${row.querySelector(".who")?.getAttribute("href")}?${this.#doc.getElementById("board")?.dataset.query}`, {
        headers: { "HX-Request": "true", "X-Prefetch": "true", "X-As": this.#doc.body.dataset.as ?? "" },
      });
      if (answer.ok) reading.html = await answer.text();
    } catch {
      // It is read once it is opened.
    }
    if (!reading.html && this.#ahead.get(id) === reading) this.#ahead.delete(id);
  }

  /** @returns {string} which alert is shown, and in which state */
  #shown() {
    const id = this.id();
    const seen = /** @type {HTMLInputElement | null | undefined} */ (this.form()?.querySelector("[name=seen]"));
    if (seen) return `${id} ${Date.parse(seen.value)}`;
    const row = this.#grid.find(id);
    return row ? stateOf(row) : "";
  }

  /**
   * What stands in the detail's place until it is there: whose it will be.
   *
   * @param {HTMLElement} row
   */
  #named(row) {
    const detail = this.#saying("loading", patientOf(row));
    detail.tabIndex = -1;
    detail.ariaBusy = "true";
    detail.dataset.alertId = idOf(row);
    return detail;
  }

  /**
   * A detail with nothing in it but a sentence.
   *
   * @param {string} kind
   * @param {string} text
   */
  #saying(kind, text) {
    const detail = this.#doc.createElement("section");
    detail.id = "detail";
    detail.className = `detail ${kind}`;
    const said = this.#doc.createElement("p");
    said.append(text);
    detail.append(said);
    return detail;
  }

  /** Marks the row whose alert is shown; the server's rows don't carry the mark. */
  #mark() {
    for (const row of this.#doc.querySelectorAll("#board [aria-current]")) row.ariaCurrent = null;
    const row = this.#grid.find(this.id());
    if (row) row.ariaCurrent = "true";
    tellFoot(this.#doc);
  }

  /** Takes the focus to the field that is wrong, if one is, else to the detail. */
  #focus() {
    const place = this.#doc.querySelector("#detail [aria-invalid=true]") ?? this.#doc.querySelector("#detail");
    if (place instanceof HTMLElement) place.focus({ preventScroll: !place.matches("[aria-invalid]") });
  }
}

/**
 * Calls back when what was put in place is painted.
 *
 * @param {(value?: any) => void} then
 */
function painted(then) {
  requestAnimationFrame(() => setTimeout(then));
}

/**
 * @param {Element} row
 * @returns {string}
 */
export function idOf(row) {
  return row.getAttribute("data-alert-id") ?? "";
}

/**
 * @param {Element} row
 * @returns {string} name, date of birth and number (R8)
 */
export function patientOf(row) {
  return row.querySelector(".line")?.textContent?.replace(/\s+/g, " ").trim() ?? "";
}

/**
 * Which state of its alert a row shows, as the board compares it.
 *
 * @param {HTMLElement} row
 * @returns {string} RFC 3339
 */
export function seenIn(row) {
  return row.dataset.seen ?? row.querySelector("time")?.getAttribute("datetime") ?? "";
}

/**
 * A row's alert in the state it shows.
 *
 * @param {HTMLElement} row
 */
function stateOf(row) {
  return `${idOf(row)} ${Date.parse(seenIn(row))}`;
}

/**
 * @param {Document} doc
 * @param {string} html of one element
 * @returns {Element}
 */
function parsed(doc, html) {
  const template = doc.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild ?? doc.createElement("section");
}
