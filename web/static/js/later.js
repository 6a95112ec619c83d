/**
 * Loads the part of the script that only an opened alert needs, when the first
 * is opened and beside it: a first visit to the list is lighter without it.
 *
 * @param {Document} doc
 */
export function loadWithAlert(doc) {
  const form = () => /** @type {HTMLFormElement | null} */ (doc.querySelector("form#act"));
  let loading = false;
  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      const { keepDrafts } = await import("./drafts.js");
      keepDrafts(doc);
    } catch { // the next thing typed tries again
      loading = false;
      doc.getElementById("draft")?.replaceChildren(form()?.dataset.notKept ?? "");
    }
  };
  if (form()) void load();
  doc.addEventListener("htmx:config:request", (event) => {
    if (event.detail.ctx.target?.id === "detail") void load();
  });
  doc.addEventListener("input", (event) => {
    if (event.target instanceof Element && form()?.contains(event.target)) void load();
  });
}
