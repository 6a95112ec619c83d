import { errorNotice } from "./notice.js";

/**
 * Guards the form that decides about an alert: a key held down decides nothing
 * (R15), a decision under way isn't sent again, and one that got no answer is
 * said to be uncertain (R38).
 *
 * @param {Document} doc
 */
export function watchForm(doc) {
  doc.addEventListener("keydown", (event) => {
    if (event.repeat && event.target instanceof Element && event.target.closest("#act button")) event.preventDefault();
  });

  doc.addEventListener("htmx:error", (event) => {
    const { ctx } = event.detail;
    const form = ctx?.sourceElement;
    if (!(form instanceof HTMLFormElement) || form.id !== "act" || ctx?.response) return;
    const notice = errorNotice(doc, form.dataset.unansweredTitle, form.dataset.unanswered);
    notice.classList.add("unanswered");
    doc.querySelector(".unanswered")?.remove();
    form.before(notice);
  });
}
