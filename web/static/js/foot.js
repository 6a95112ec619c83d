/**
 * Has the foot show the keys of where the user is: in a note, at several alerts,
 * at one, or at the list.
 *
 * @param {Document} doc
 */
export function tellFoot(doc) {
  const hints = doc.querySelector(".foot > .hints");
  if (!(hints instanceof HTMLElement)) return;
  const several = doc.getElementById("news")?.hasAttribute("data-selected");
  const one = !doc.getElementById("detail")?.matches(".none");
  hints.dataset.at = doc.activeElement?.id === "note" ? "note" : several ? "selected" : one ? "alert" : "list";
}
