/**
 * Keeps what was typed about an alert while others are looked at: in memory
 * only, since browser storage must hold no personal data (R25). Leaving the
 * page with something typed asks first.
 *
 * @param {Document} doc
 */
export function keepDrafts(doc) {
  /** @type {Map<string, Record<string, string>>} */
  const drafts = new Map();
  const form = () => /** @type {HTMLFormElement | null} */ (doc.querySelector("form#act"));
  const alertOf = () => doc.querySelector("#detail")?.getAttribute("data-alert-id") ?? "";

  doc.addEventListener("input", (event) => {
    const f = form();
    if (!f || !(event.target instanceof Element) || !f.contains(event.target)) return;
    const typed = typedIn(f);
    if (typed.note || typed.category) drafts.set(alertOf(), typed);
    else drafts.delete(alertOf());
  });

  doc.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = /** @type {CustomEvent} */ (event).detail;
    if (ctx.target?.id !== "detail") return;
    const f = form();
    if (ctx.request?.method === "POST" && ctx.response?.status === 200) drafts.delete(alertOf());
    const draft = drafts.get(alertOf());
    if (!f || !draft || typedIn(f).note) return;
    for (const [name, value] of Object.entries(draft)) {
      const field = f.elements.namedItem(name);
      if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
    }
  });

  // Without htmx's help the form leaves the page by itself: then nothing is lost.
  let sending = false;
  doc.addEventListener("submit", () => { sending = true; });
  doc.defaultView?.addEventListener("beforeunload", (event) => {
    if (drafts.size > 0 && !sending) event.preventDefault();
    sending = false;
  });
}

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
function typedIn(form) {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "");
  return { category: text("category"), category_other: text("category_other"), note: text("note") };
}
