/**
 * The heading a row stands under, where the list is grouped by patient.
 *
 * @param {Element} row
 * @returns {Element | null}
 */
export function headOf(row) {
  let head = row.previousElementSibling;
  while (head?.matches(".row")) head = head.previousElementSibling;
  return head;
}

/**
 * Takes away the headings of patients none of whose rows is left.
 *
 * @param {Iterable<Element>} heads
 */
export function dropEmptyHeads(heads) {
  for (const head of heads) {
    if (!head.nextElementSibling?.matches(".row")) head.remove();
  }
}
