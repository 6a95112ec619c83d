/**
 * Marks the row whose alert is shown in the detail, and moves the focus there
 * when the user opened it or acted. The server's rows don't carry the mark, so
 * that the same bytes serve everyone; morphing leaves it.
 *
 * @param {Document} doc
 */
export function watchSelection(doc) {
  doc.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    mark(doc);
    // A detail that renews itself takes the focus from nobody.
    if (ctx.target?.id === "detail" && ctx.sourceElement?.id !== "detail") focusDetail(doc);
  });
}

/** @param {Document} doc */
function mark(doc) {
  const shown = doc.querySelector("#detail")?.getAttribute("data-alert-id");
  for (const row of doc.querySelectorAll(".row")) {
    if (row.getAttribute("data-alert-id") === shown) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/**
 * The field that is wrong, if one is, else the detail as a whole.
 *
 * @param {Document} doc
 */
function focusDetail(doc) {
  const place = doc.querySelector("#detail [aria-invalid=true]") ?? doc.querySelector("#detail");
  if (place instanceof HTMLElement) place.focus({ preventScroll: !place.matches("[aria-invalid]") });
}
