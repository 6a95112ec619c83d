/**
 * Has the foot show the keys of where the user is: in a note, at several alerts,
 * at one, or at the list.
 *
 * @param {Document} doc
 */
export function tellFoot(doc) {
  const at = doc.querySelector("#news[data-selected]") ? "selected" : doc.querySelector("#detail.none") ? "list" : "alert";
  doc.querySelector(".hints")?.setAttribute("data-at", doc.activeElement?.id === "note" ? "note" : at);
}
