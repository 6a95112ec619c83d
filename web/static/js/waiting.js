const tick = 5_000; // milliseconds

/**
 * Advances the waiting times of the rows, in the words the board uses, and marks
 * those that pass their limit. No row moves for it, nor becomes higher (R37).
 *
 * @param {Document} doc
 * @param {import("./clock.js").BoardClock} clock
 */
export function advanceWaiting(doc, clock) {
  setInterval(() => {
    const words = doc.getElementById("news");
    if (!words || doc.visibilityState === "hidden") return;
    for (const time of doc.querySelectorAll("time[data-waits]")) {
      const since = Date.parse(time.getAttribute("datetime") ?? "");
      if (Number.isNaN(since)) continue;
      const waited = Math.max(0, clock.now() - since);
      const over = overdue(waited, Number(time.getAttribute("data-waits")) * 1000, words.dataset);
      const text = span(waited, words.dataset);
      if (time.textContent === [text, over].filter(Boolean).join(" ")) continue;
      time.replaceChildren(over ? `${text} ` : text);
      if (over) time.append(Object.assign(doc.createElement("b"), { textContent: over }));
    }
  }, tick);
}

/**
 * That something waits for longer than it may, in words; nothing where it doesn't.
 *
 * @param {number} waited in milliseconds
 * @param {number} limit likewise
 * @param {DOMStringMap} words
 * @returns {string}
 */
export function overdue(waited, limit, words) {
  return waited > limit && limit > 0 ? (words.over ?? "").replace("{limit}", span(limit, words)) : "";
}

/**
 * A length of time in at most two units, as the board's own: seconds below one
 * minute, then minutes, hours, days.
 *
 * @param {number} length in milliseconds
 * @param {DOMStringMap} words
 * @returns {string}
 */
export function span(length, words) {
  const seconds = Math.floor(length / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const say = (/** @type {string | undefined} */ word, /** @type {number} */ n) => (n > 0 ? (word ?? "").replace("{n}", String(n)) : "");
  if (seconds === 0) return (words.seconds ?? "").replace("{n}", "0");
  if (minutes === 0) return say(words.seconds, seconds);
  if (hours === 0) return say(words.minutes, minutes);
  const parts = hours < 24
    ? [say(words.hours, hours), say(words.minutes, minutes % 60)]
    : [say(words.days, Math.floor(hours / 24)), say(words.hours, hours % 24)];
  return parts.filter(Boolean).join(" ");
}
