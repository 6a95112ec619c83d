/**
 * A message that stays, as the board's own look.
 *
 * @param {Document} doc
 * @param {string | undefined} title
 * @param {(string | undefined)[]} lines
 * @returns {HTMLElement}
 */
export function errorNotice(doc, title, ...lines) {
  const notice = doc.createElement("div");
  notice.className = "notice error";
  notice.role = "alert";
  [title, ...lines].forEach((text, i) => {
    const part = doc.createElement(i === 0 ? "strong" : "p");
    part.append(text ?? "");
    notice.append(part);
  });
  return notice;
}
