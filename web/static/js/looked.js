const atLeast = 300; // milliseconds (R15; ours)

/**
 * Remembers which alerts' details have been on screen long enough to be acted on
 * (R15). One that changed since counts as another.
 */
export class Looked {
  #now;
  #painted;
  #shown = "";
  #since = Infinity;
  /** @type {Set<string>} */
  #done = new Set();

  /**
   * @param {() => number} now in milliseconds
   * @param {(then: () => void) => void} painted calls back when what was put in place is painted
   */
  constructor(now, painted) {
    this.#now = now;
    this.#painted = painted;
  }

  /**
   * Is told what is on screen.
   *
   * @param {string} alert which one and in which state; "": none
   */
  shows(alert) {
    if (alert === this.#shown) return;
    this.has(this.#shown);
    this.#shown = alert;
    this.#since = Infinity;
    this.#painted(() => {
      if (this.#shown === alert && this.#since === Infinity) this.#since = this.#now();
    });
  }

  /**
   * @param {string} alert which one and in which state
   * @returns {boolean}
   */
  has(alert) {
    if (alert && alert === this.#shown && this.#now() - this.#since >= atLeast) this.#done.add(alert);
    return this.#done.has(alert);
  }
}
