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

/**
 * Loads what keys and rows do when the user first touches anything, or at once
 * where an alert is open: what it guards must not be acted on before (R15). The
 * key that was first isn't lost.
 *
 * @param {Document} doc
 * @param {import("./rows.js").Rows | null} rows
 * @param {import("htmx.org").Htmx} htmx
 */
export function loadWithFirstTouch(doc, rows, htmx) {
  /** @type {KeyboardEvent[]} */
  const pressed = [];
  let loading = false;
  const load = async () => {
    if (loading) return;
    loading = true;
    try {
      const { bindCommands } = await import("./commands.js");
      bindCommands(doc, rows, htmx);
      for (const kind of touches) doc.removeEventListener(kind, touch, true);
      for (const event of pressed) {
        // The focus has gone on: the key wasn't about what has it now (R15).
        if (event.target === doc.activeElement) event.target?.dispatchEvent(new KeyboardEvent("keydown", event));
      }
    } catch { // the next touch tries again
      loading = false;
      pressed.length = 0;
    }
  };
  const touch = (/** @type {Event} */ event) => {
    // What the browser itself does with a key, such as Enter on a link, is done.
    if (event instanceof KeyboardEvent && event.key.length === 1) pressed.push(event);
    void load();
  };
  for (const kind of touches) doc.addEventListener(kind, touch, true);
  if (doc.getElementById("act")) void load();
}

const touches = ["keydown", "pointerdown", "focusin"];
