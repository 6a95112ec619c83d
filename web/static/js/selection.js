/**
 * Marks the row whose alert is shown in the detail. The server's rows don't
 * carry the mark, so that the same bytes serve everyone; morphing leaves it.
 *
 * @param {Document} doc
 */
export function watchSelection(doc) {
  const mark = () => {
    const shown = doc.querySelector("#detail")?.getAttribute("data-alert-id");
    for (const row of doc.querySelectorAll("[data-alert-id].row")) {
      if (row.getAttribute("data-alert-id") === shown) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  };
  doc.addEventListener("htmx:after:swap", mark);
  doc.addEventListener("htmx:after:settle", mark);
}
