/**
 * The board's clock as the page knows it: the time the board last told, carried
 * on by the page's own monotonic clock. The computer's calendar is not asked; it
 * may be wrong by hours.
 */
export class BoardClock {
  #told = Date.now();
  #at = performance.now();

  /**
   * Sets the clock.
   *
   * @param {string | null | undefined} time RFC 3339
   */
  set(time) {
    const told = Date.parse(time ?? "");
    if (Number.isNaN(told)) return;
    this.#told = told;
    this.#at = performance.now();
  }

  /** @returns {number} milliseconds since 1970 */
  now() {
    return this.#told + performance.now() - this.#at;
  }
}
