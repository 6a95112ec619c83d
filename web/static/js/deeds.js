import { idOf, patientOf, seenIn } from "./details.js";
import { rowOf } from "./grid.js";
import { errorNotice } from "./notice.js";

/**
 * What a clinician does about an alert by a key or by the form. An action belongs
 * to the alert the user is at when the key goes down, never to a row's place
 * (R15). Its effect is painted at once and looks like what it is, something sent
 * off; the board's word follows (R38). Meanwhile the next alert is there (R35).
 */
export class Deeds {
  #doc;
  #grid;
  #details;
  #selected;
  #htmx;
  #underway = 0; // decisions without an answer

  /**
   * @param {Document} doc
   * @param {import("./grid.js").Grid} grid
   * @param {import("./details.js").Details} details
   * @param {import("./selected.js").Selected} selected
   * @param {import("htmx.org").Htmx} htmx
   */
  constructor(doc, grid, details, selected, htmx) {
    this.#htmx = htmx;
    this.#doc = doc;
    this.#grid = grid;
    this.#details = details;
    this.#selected = selected;
    doc.addEventListener("submit", (event) => this.#submitted(event), true);
  }

  /**
   * The alert the user is at: that of the row or the detail the focus is in, else
   * the one that is open, else that of the row that is the tab stop.
   *
   * @returns {HTMLElement | null} its row; null where the list doesn't show it
   */
  subject() {
    const at = this.#doc.activeElement;
    const open = this.#details.id();
    if (rowOf(at)) return rowOf(at);
    return open ? this.#grid.find(open) : this.#grid.current();
  }

  /** Processes the alert, or asks about those selected. */
  process() {
    if (this.#selected.rows().length > 0) return this.#selected.ask();
    const row = this.subject();
    if (!row) return this.#press("processed");
    if (this.#may(row)) this.#decide(row, "processed", this.#formOf(row));
    return undefined;
  }

  /** Asks whether the alert, or those selected, should be escalated (R16). */
  escalate() {
    if (this.#selected.rows().length > 0) return this.#selected.ask();
    const row = this.subject();
    if (row && !this.#may(row)) return undefined;
    if (row && this.#details.id() !== idOf(row)) return this.#lookFirst(row);
    const ask = this.#doc.getElementById("ask");
    if (ask instanceof HTMLDialogElement) ask.showModal();
    return undefined;
  }

  /**
   * Takes the last deed back. While one is on its way the board may not know it
   * yet, and would take back the one before (R15, R36).
   */
  undo() {
    if (this.#underway > 0 || this.#details.writing()) return this.say(this.#words().busy);
    const form = /** @type {HTMLFormElement | null} */ (this.#doc.getElementById("undo"));
    form?.requestSubmit();
    return undefined;
  }

  /**
   * Takes the focus to a field of the form, of the alert the user is at.
   *
   * @param {"note" | "category"} field
   */
  async write(field) {
    const row = this.subject();
    const opening = row && this.#details.id() !== idOf(row) && this.#details.open(row);
    if (!this.#doc.getElementById(field)) await opening;
    if (!row || this.#details.id() === idOf(row)) this.#doc.getElementById(field)?.focus();
  }

  /**
   * Says something to the user, until the next thing is said or another alert
   * opened.
   *
   * @param {string | undefined} text
   */
  say(text) {
    const hint = this.#doc.createElement("div");
    hint.className = "notice hint";
    hint.append(text ?? "");
    const toasts = this.#doc.getElementById("toasts");
    toasts?.querySelector(".hint")?.remove();
    toasts?.append(hint); // beside what offers to take the last deed back
  }

  /**
   * Whether the user may act on an alert now; if not, it is said why. One that is
   * red, or whose flag nobody knows, has to be looked at before; so has one that
   * somebody else acted on, and any while another is open, or the wrong one could
   * be meant.
   *
   * @param {HTMLElement} row
   */
  #may(row) {
    const open = this.#details.id();
    if (row.matches("[data-sent], [data-delivery=pending]") || this.#details.writing()) {
      this.say(this.#words().busy);
      return false;
    }
    const urgent = row.matches("[data-flag=red], [data-flag=unknown]");
    const elsewhere = open ? open !== idOf(row) : row.matches("[data-left]");
    if ((urgent && !this.#details.wasLookedAt(row)) || elsewhere) {
      this.#lookFirst(row);
      return false;
    }
    return true;
  }

  /** @param {HTMLElement} row */
  #lookFirst(row) {
    if (this.#details.id() !== idOf(row)) void this.#details.open(row, true);
    this.say(this.#words().look);
  }

  /**
   * The form of a row's alert, where it is open.
   *
   * @param {HTMLElement} row
   */
  #formOf(row) {
    return this.#details.id() === idOf(row) ? this.#details.form() : null;
  }

  /**
   * Presses the form's own button: for an alert the list doesn't show, and where
   * there is none to go on to. Its result takes the form's place.
   *
   * @param {string} status
   */
  #press(status) {
    const form = this.#details.form();
    const button = form?.querySelector(`.buttons > button[name=status][value="${status}"]`);
    if (form && button instanceof HTMLElement) form.requestSubmit(button);
  }

  /**
   * The form's own buttons go the same way.
   *
   * @param {SubmitEvent} event
   */
  #submitted(event) {
    const form = event.target;
    if (form !== this.#details.form()) return;
    const row = this.#grid.find(this.#details.id());
    const status = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    const stop = () => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    if (!row) { // the list doesn't show it, nor tells its flag
      if (this.#details.wasLookedAt()) return;
      stop();
      this.say(this.#words().look);
    } else if (!this.#may(row)) {
      stop();
    } else if (status !== row.dataset.status && status !== "open" && this.#next(row)) {
      stop();
      this.#decide(row, status, this.#details.form());
    }
  }

  /**
   * @param {HTMLElement} row
   * @returns {HTMLElement | null} where to go on; null: nowhere, or the user stays (R35)
   */
  #next(row) {
    if (row.matches("[data-left]")) return null; // what somebody else did has to be read
    return this.#doc.body.hasAttribute("data-advance") ? this.#grid.after(row) : null;
  }

  /**
   * @param {HTMLElement} row
   * @param {string} status
   * @param {HTMLFormElement | null} form what was typed; null: it isn't open
   */
  #decide(row, status, form) {
    const next = this.#next(row);
    if (form && !next) return this.#press(status);
    const unseen = new CustomEvent("board:deciding", { detail: idOf(row), cancelable: true });
    if (!form && !this.#doc.dispatchEvent(unseen)) return this.#lookFirst(row);
    /** @type {[string, string][]} */
    const fields = form
      ? [...new FormData(form)].map(([name, value]) => [name, String(value)])
      : [["seen", seenIn(row)], ["seen_status", row.dataset.status ?? ""]];
    void this.#send(row, [...fields, ["status", status]]);
    if (!next) return undefined;
    const ask = this.#doc.getElementById("ask");
    if (ask instanceof HTMLDialogElement) ask.close(); // or the focus couldn't leave it
    const wasOpen = this.#doc.getElementById("detail")?.matches(":not(.none)");
    this.#grid.focus(next);
    if (wasOpen) void this.#details.follow(next, true);
    else void this.#details.readAhead();
    return undefined;
  }

  /**
   * Sends a decision off. Each has a form of its own, so that none waits for
   * another.
   *
   * @param {HTMLElement} row
   * @param {[string, string][]} fields
   */
  async #send(row, fields) {
    const id = idOf(row);
    const link = row.querySelector(".who")?.getAttribute("href") ?? "";
    const form = this.#doc.createElement("form");
    form.hidden = true;
    for (const [name, value] of fields) {
      form.append(Object.assign(this.#doc.createElement("input"), { type: "hidden", name, value }));
    }
    this.#doc.body.append(form);
    row.dataset.sent = this.#words().sending ?? "";
    this.#tell("board:sending", id);
    let status = 0;
    form.addEventListener("htmx:after:request", (event) => { status = /** @type {CustomEvent} */ (event).detail.ctx.response?.status ?? 0; });
    this.#underway++;
    await this.#htmx.ajax("POST", `${link}?${this.#doc.getElementById("board")?.dataset.query}`, { source: form, target: "#toasts", swap: "none" });
    this.#underway--;
    form.remove();
    const shown = this.#grid.find(id);
    shown?.removeAttribute("data-sent");
    if (status === 200) return this.#tell("board:written", id);
    if (shown) shown.dataset.unsent = this.#words().unsent ?? "";
    const told = [...this.#doc.querySelectorAll("#failures [data-alert-id]")];
    if (!told.some((notice) => idOf(notice) === id)) this.#failed(row, status === 0);
    return undefined;
  }

  /**
   * Says that a decision wasn't carried out, or that nobody knows whether it was,
   * where the board itself didn't. It stays until the alert is opened, and on its
   * row until the board tells more of it (R38).
   *
   * @param {HTMLElement} row
   * @param {boolean} uncertain
   */
  #failed(row, uncertain) {
    const words = this.#words();
    const [title, text] = uncertain ? [words.unansweredTitle, words.unanswered] : [words.unsent, words.kept];
    const notice = errorNotice(this.#doc, title, patientOf(row), text);
    notice.dataset.alertId = idOf(row);
    this.#doc.getElementById("failures")?.append(notice);
  }

  /**
   * @param {"board:sending" | "board:written"} what
   * @param {string} alert
   */
  #tell(what, alert) {
    this.#doc.dispatchEvent(new CustomEvent(what, { detail: alert }));
  }

  #words() {
    return this.#doc.getElementById("news")?.dataset ?? {};
  }
}
