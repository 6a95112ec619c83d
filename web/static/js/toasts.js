/**
 * Takes the message about the last deed away once the next alert is opened. It
 * stays until then: nothing disappears by the clock while somebody reads it.
 *
 * @param {Document} doc
 */
export function watchToasts(doc) {
  doc.addEventListener("htmx:after:swap", (event) => {
    const ctx = event.detail?.ctx;
    if (ctx?.request?.method === "GET" && ctx.target?.id === "detail" && ctx.sourceElement?.id !== "detail" && !ctx.goesOn) {
      doc.querySelector("#toasts")?.replaceChildren();
    }
  });
}
