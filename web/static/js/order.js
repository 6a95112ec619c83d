/** What an answer renews beside the list, all of it or nothing. */
const around = new Set(["status", "filters", "total", "unfinished"]);

/**
 * Keeps answers in order. Of two answers about the list, the one made from the
 * older snapshot never replaces the newer (R13); single rows are looked after by
 * Rows. And while a decision is being written it isn't sent again and no other
 * alert opens: its answer, a refused note above all, must find the form it came
 * from.
 *
 * @param {Document} doc
 */
export function keepOrder(doc) {
  doc.addEventListener("htmx:before:swap", (event) => {
    /** @type {import("./types.js").SwapTask[]} */
    const tasks = event.detail.tasks;
    const ids = tasks.map((task) => task.fragment?.firstElementChild?.id ?? "");
    const older = (/** @type {string} */ id) => {
      const incoming = tasks[ids.indexOf(id)]?.fragment?.firstElementChild;
      return incoming instanceof HTMLElement && Number(incoming.dataset.version) < Number(doc.getElementById(id)?.dataset.version);
    };
    const [list, status] = [older("board"), older("status")];
    for (let i = tasks.length - 1; i >= 0; i--) {
      if ((list && ids[i] === "board") || (status && around.has(ids[i] ?? ""))) tasks.splice(i, 1);
    }
  });

  doc.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const writing = doc.querySelector("form.act.htmx-request");
    if (writing && ctx.target?.id === "detail") event.preventDefault();
  });
}
