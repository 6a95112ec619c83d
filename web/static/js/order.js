/**
 * Keeps answers in order. Of two answers about the list, the one made from the
 * older snapshot never replaces the newer (R13). And while a decision is being
 * written it isn't sent again and no other alert opens: its answer, a refused
 * note above all, must find the form it came from.
 *
 * @param {Document} doc
 */
export function keepOrder(doc) {
  doc.addEventListener("htmx:before:swap", (event) => {
    const { tasks } = /** @type {CustomEvent} */ (event).detail;
    for (let i = tasks.length - 1; i >= 0; i--) {
      const incoming = versioned(tasks[i].fragment);
      const shown = incoming && doc.getElementById(incoming.id);
      if (shown instanceof HTMLElement && Number(incoming.dataset.version) < Number(shown.dataset.version)) tasks.splice(i, 1);
    }
  });

  doc.addEventListener("htmx:config:request", (event) => {
    const { ctx } = /** @type {CustomEvent} */ (event).detail;
    const writing = doc.querySelector("form.act.htmx-request");
    if (writing && ctx.target?.id === "detail") event.preventDefault();
  });
}

/**
 * @param {ParentNode | undefined} fragment
 * @returns {HTMLElement | null}
 */
function versioned(fragment) {
  return fragment?.querySelector?.("[data-version]") ?? null;
}
