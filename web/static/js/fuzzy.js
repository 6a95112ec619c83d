const base = 1; // each letter found
const run = 7; // right behind the one before
const wordStart = 6;
const textStart = 2; // beside that
const shorter = 0.01; // of two that fit alike, per letter

/**
 * Folds case and accents: "Geëscaleerd" is found by "geesc".
 *
 * @param {string} text
 * @returns {string}
 */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * How well what is typed fits a text: its letters in their order, anything
 * between them; the better the more of them begin words or stand together. Each
 * word that is typed has to be found, in any order.
 *
 * @param {string} typed
 * @param {string} text
 * @returns {number} 0: not at all
 */
export function score(typed, text) {
  const folded = fold(text);
  let total = 0;
  for (const word of fold(typed).split(/\s+/).filter(Boolean)) {
    const found = scoreWord(word, folded);
    if (found === 0) return 0;
    total += found;
  }
  return total && total - folded.length * shorter;
}

/**
 * The best way to find a word's letters in a text: for each letter after the
 * other, how good it is at each place at best.
 *
 * @param {string} word
 * @param {string} text
 * @returns {number} 0: not at all
 */
function scoreWord(word, text) {
  /** @type {number[]} */
  let before = [];
  for (let i = 0; i < word.length; i++) {
    /** @type {number[]} */
    const here = [];
    let best = i === 0 ? 0 : -Infinity; // of the letters before, anywhere before this place
    for (let at = 0; at < text.length; at++) {
      const last = before[at - 1] ?? -Infinity;
      best = Math.max(best, last);
      here.push(text[at] === word[i] ? Math.max(best, last + run) + base + startsWord(text, at) : -Infinity);
    }
    before = here;
  }
  return Math.max(0, ...before);
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {number}
 */
function startsWord(text, at) {
  if (at === 0) return wordStart + textStart;
  return /[\p{L}\p{N}]/u.test(text[at - 1] ?? "") ? 0 : wordStart;
}
