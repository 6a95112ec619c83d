/** From the best to the worst. */
const degrees = ["live", "unknown", "late", "not-live"];

/**
 * Says how far the board can be believed (R12): in the bar, on the list, in the
 * window's title and icon. What the board says is shown as it comes; when
 * nothing comes any more, the page says by its own clock that it is late after
 * two beats, and NOT LIVE after four, whatever the board said last.
 */
export class Freshness {
  #doc;
  #heard = performance.now();
  #beat;
  #said = ""; // what the board said last, while something else is shown

  /** @param {Document} doc */
  constructor(doc) {
    this.#doc = doc;
    const bar = this.#bar();
    this.#beat = Number(bar?.dataset.interval);
    setInterval(() => this.#judge(), 1000);
  }

  /**
   * The board is heard of.
   *
   * @param {number} beat within how many milliseconds it will be again
   * @param {boolean} [renewed] it said how fresh it is; else what it said last holds again
   */
  heard(beat, renewed = false) {
    this.#heard = performance.now();
    this.#beat = beat;
    const shown = this.#doc.getElementById("fresh");
    if (this.#said && !renewed && shown) shown.outerHTML = this.#said;
    if (this.#said) this.#doc.getElementById("lost")?.replaceChildren();
    this.#said = "";
    this.show();
  }

  /** Brings list, title and icon in line with the bar. */
  show() {
    const fresh = this.#doc.getElementById("fresh");
    const board = this.#doc.getElementById("board");
    const state = fresh?.dataset.state;
    if (!fresh || !board || !state) return;
    set(board, "data-freshness", state);
    if (fresh.dataset.confirmedAt) set(board, "data-confirmed-at", fresh.dataset.confirmedAt);
    const icon = this.#doc.getElementById("icon");
    const bad = state === "late" || state === "not-live";
    const bar = this.#bar();
    const word = bar?.dataset[state === "late" ? "late" : "notLive"];
    if (bad && icon) set(icon, "href", icon.getAttribute(`data-${state}`) ?? "");
    else if (icon) set(icon, "href", icon.dataset.live ?? "");
    const prefixes = [bar?.dataset.late, bar?.dataset.notLive].map((prefix) => `${prefix} · `);
    const bare = this.#doc.title.slice(prefixes.find((prefix) => this.#doc.title.startsWith(prefix))?.length ?? 0);
    const title = bad ? `${word} · ${bare}` : bare;
    if (this.#doc.title !== title) this.#doc.title = title;
  }

  #bar() {
    return this.#doc.getElementById("status");
  }

  #judge() {
    const bar = this.#bar();
    const fresh = this.#doc.getElementById("fresh");
    const missed = (performance.now() - this.#heard) / this.#beat;
    if (!bar || !fresh || missed <= 2) return;
    const state = missed > 4 ? "not-live" : "late";
    const worse = degrees.indexOf(state) > degrees.indexOf(fresh.dataset.state ?? "");
    if (worse || (missed > 4 && !this.#said)) this.#tell(fresh, bar, state);
  }

  /**
   * @param {HTMLElement} fresh
   * @param {HTMLElement} bar
   * @param {"late" | "not-live"} state
   */
  #tell(fresh, bar, state) {
    this.#said ||= fresh.outerHTML;
    fresh.className = `fresh ${state}`;
    fresh.dataset.state = state;
    fresh.querySelector("use")?.setAttribute("href", `#i-${state}`);
    const word = (state === "late" ? bar.dataset.late : bar.dataset.notLive) ?? "";
    fresh.querySelector(".fresh-word")?.replaceChildren(word);
    const detail = fresh.querySelector(".fresh-detail");
    const lost = bar.dataset.lost ?? "";
    if (detail && !detail.textContent?.endsWith(lost)) detail.append(` · ${lost}`);
    fresh.querySelector(".fresh-reason")?.remove();
    if (state === "not-live") this.#doc.getElementById("lost")?.replaceChildren(`${word}. ${lost}`);
    this.show();
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string} value
 */
function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
