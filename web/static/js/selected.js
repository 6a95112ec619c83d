import { idOf } from "./details.js";
import { tellFoot } from "./foot.js";

/** The rows selected to be acted on together. The rows themselves hold which. */
export class Selected {
  #doc;
  #grid;
  #anchor = ""; // the alert selected or let go last

  /**
   * @param {Document} doc
   * @param {import("./grid.js").Grid} grid
   */
  constructor(doc, grid) {
    this.#doc = doc;
    this.#grid = grid;
    doc.addEventListener("htmx:after:swap", () => this.#say(false)); // rows may have gone
  }

  /** @returns {HTMLElement[]} */
  rows() {
    return this.#grid.rows().filter((row) => row.ariaSelected === "true");
  }

  /**
   * Selects a row, or lets it go.
   *
   * @param {HTMLElement} row
   */
  toggle(row) {
    this.#anchor = idOf(row);
    if (row.ariaSelected === "true") row.removeAttribute("aria-selected");
    else row.ariaSelected = "true";
    this.#say();
  }

  /**
   * Selects every row from the one selected last up to this one.
   *
   * @param {HTMLElement} row
   */
  upTo(row) {
    const anchor = this.#grid.find(this.#anchor) ?? row;
    const above = anchor.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_PRECEDING;
    /** @type {HTMLElement | null} */
    let each = above ? row : anchor;
    const end = above ? anchor : row;
    for (; each; each = each === end ? null : this.#grid.beside(each, 1)) each.ariaSelected = "true";
    this.#say();
  }

  /**
   * Selects all rows of a row's patient that are in the list.
   *
   * @param {HTMLElement} row
   */
  ofPatient(row) {
    this.#anchor = idOf(row);
    for (const other of this.#grid.rows()) {
      if (samePatient(row, other)) other.ariaSelected = "true";
    }
    this.#say();
  }

  /** @returns {boolean} whether any were selected that aren't any more */
  clear() {
    const rows = this.rows();
    for (const row of rows) row.removeAttribute("aria-selected");
    this.#say();
    return rows.length > 0;
  }

  /** Leaves for the page that names them all and asks (R16). */
  ask() {
    const several = this.#doc.querySelector("#news a[href*='/alerts/bulk']")?.getAttribute("href");
    if (!several) return;
    const url = new URL(several, this.#doc.baseURI);
    for (const row of this.rows()) url.searchParams.append("id", idOf(row));
    location.assign(url);
  }

  /** @param {boolean} [aloud] */
  #say(aloud = true) {
    const news = this.#doc.getElementById("news");
    if (!news) return;
    const n = this.rows().length;
    const text = n > 0 ? (news.dataset.selects ?? "").replace("{n}", String(n)) : "";
    news.toggleAttribute("data-selected", n > 0);
    tellFoot(this.#doc);
    this.#doc.getElementById("selected")?.replaceChildren(text);
    if (aloud) this.#doc.getElementById("said")?.replaceChildren(text);
  }
}

/**
 * Whether two rows are of one patient: they show the same name, date of birth and
 * number, and have the same tag where those don't tell.
 *
 * @param {HTMLElement} row
 * @param {HTMLElement} other
 */
export function samePatient(row, other) {
  const name = (/** @type {HTMLElement} */ of) => of.querySelector(".line")?.textContent;
  return row.dataset.patient === other.dataset.patient && name(row) === name(other);
}
