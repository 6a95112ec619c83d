/**
 * The list's rows as a grid with one tab stop: the link of the row the user is
 * at, which the whole row describes (R28). Without the script every link is a tab
 * stop.
 */
export class Grid {
  #doc;
  #rows;
  /** @type {Element | null} */
  #stop = null; // the link that is the tab stop, unless it was replaced since

  /**
   * @param {Document} doc
   * @param {import("./rows.js").Rows} rows
   */
  constructor(doc, rows) {
    this.#doc = doc;
    this.#rows = rows;
    doc.addEventListener("focusin", (event) => {
      const row = rowOf(event.target);
      if (row) this.#stopAt(row);
    });
    this.settle();
  }

  /** @returns {HTMLElement[]} all rows */
  rows() {
    return this.#rows.shown();
  }

  /** Is told that rows came or went: one of them stays the tab stop. */
  settle() {
    const links = this.#doc.querySelectorAll("#board .row .who:not([tabindex])");
    for (const link of links) link.setAttribute("tabindex", "-1");
    if (this.#doc.querySelector("#board .row .who[tabindex='0']")) return;
    const row = rowOf(this.#doc.querySelector("#board .row[aria-current]")) ?? this.rows()[0];
    if (row) this.#stopAt(row);
  }

  /** @returns {HTMLElement | null} the row the user is at */
  current() {
    const stop = this.#stop?.isConnected && this.#stop.getAttribute("tabindex") === "0" ? this.#stop : null;
    return rowOf(stop ?? this.#doc.querySelector("#board .row .who[tabindex='0']"));
  }

  /**
   * @param {string} id of an alert
   * @returns {HTMLElement | null} its row, where it is shown
   */
  find(id) {
    return this.#rows.find(id);
  }

  /**
   * The next row, or the one before, that something holds of.
   *
   * @param {HTMLElement} row
   * @param {1 | -1} way
   * @param {(row: HTMLElement) => boolean} [which]
   * @returns {HTMLElement | null}
   */
  beside(row, way, which = () => true) {
    /** @type {Element | null} */
    let next = row;
    do {
      next = way > 0 ? next.nextElementSibling : next.previousElementSibling;
    } while (next && !(next instanceof HTMLElement && next.matches(".row") && which(next)));
    return next;
  }

  /**
   * Where to go on after an alert was acted on: to the next one that waits, or
   * where there is none to the one before (R35).
   *
   * @param {HTMLElement} row
   * @returns {HTMLElement | null}
   */
  after(row) {
    return this.beside(row, 1, waits) ?? this.beside(row, -1, waits);
  }

  /**
   * Takes the focus to a row.
   *
   * @param {HTMLElement | null} row
   */
  focus(row) {
    const link = /** @type {HTMLElement | null | undefined} */ (row?.querySelector(".who"));
    if (!row || !link) return;
    this.#stopAt(row);
    link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement} row */
  #stopAt(row) {
    const link = row.querySelector(".who");
    if (link === this.#stop && link?.getAttribute("tabindex") === "0") return;
    this.current()?.querySelector(".who")?.setAttribute("tabindex", "-1");
    link?.setAttribute("tabindex", "0");
    link?.setAttribute("aria-describedby", row.id);
    this.#stop = link;
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {HTMLElement | null} the list's row it is in
 */
export function rowOf(target) {
  const row = target instanceof Element ? target.closest("#board .row") : null;
  return row instanceof HTMLElement ? row : null;
}

/**
 * Whether nothing was done yet about a row's alert, as far as the page knows.
 *
 * @param {HTMLElement} row
 */
export function waits(row) {
  return !row.matches("[data-left], [data-sent], [data-delivery=pending]");
}
