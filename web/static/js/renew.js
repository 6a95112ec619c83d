/** What the page itself says about a row; the board's markup doesn't hold it. */
const own = new Set(["aria-current", "data-arrived", "data-renewed", "data-marked", "aria-rowindex", "aria-selected", "tabindex", "aria-describedby"]);

/**
 * Makes a row look like another in place: the elements stay, and with them the
 * focus, a press under way and a screen reader's place; only what differs is
 * touched.
 *
 * @param {Element} row
 * @param {Element} next
 */
export function renew(row, next) {
  for (const { name, value } of [...next.attributes]) {
    if (row.getAttribute(name) !== value) row.setAttribute(name, value);
  }
  for (const { name } of [...row.attributes]) {
    if (!next.hasAttribute(name) && !own.has(name) && !name.startsWith("data-htmx")) row.removeAttribute(name);
  }
  const [was, is] = [[...row.childNodes], [...next.childNodes]];
  is.forEach((child, i) => {
    const old = was[i];
    if (!old) row.append(child);
    else if (old instanceof Element && child instanceof Element && old.tagName === child.tagName) renew(old, child);
    else if (!old.isEqualNode(child)) old.replaceWith(child);
  });
  for (const extra of was.slice(is.length)) extra.remove();
}
