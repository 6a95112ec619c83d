/**
 * Puts the caret where a query can't be read, with that place selected.
 *
 * @param {Document} doc
 */
export function markProblem(doc) {
  const box = doc.getElementById("search");
  if (!(box instanceof HTMLInputElement) || !box.dataset.to) return;
  box.focus();
  box.setSelectionRange(Number(box.dataset.from), Number(box.dataset.to));
}

/**
 * What the keys of finding do: / goes to the box, with the caret behind what
 * stands there, and a view's number opens it.
 *
 * @param {Document} doc
 * @returns {Record<string, () => void>} by key
 */
export function findKeys(doc) {
  /** @type {Record<string, () => void>} */
  const commands = {
    "/": () => {
      const box = doc.getElementById("search");
      if (!(box instanceof HTMLInputElement)) return;
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
    },
  };
  for (const key of ["4", "5", "6", "7", "8", "9"]) {
    commands[key] = () => {
      const view = doc.querySelector(`#filters [aria-keyshortcuts="${key}"]`);
      if (view instanceof HTMLElement) view.click();
    };
  }
  return commands;
}
