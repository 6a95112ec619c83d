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
