/**
 * Fetches the rows after those shown when the end of them comes near, and puts
 * them behind (R40). Nothing above them moves.
 *
 * @param {Document} doc
 */
export function fetchMore(doc) {
  const board = doc.getElementById("board");
  if (!board) return;
  const own = getComputedStyle(board).overflowY === "auto";
  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        target.dispatchEvent(new Event("near"));
      }
    },
    { root: own ? board : null, rootMargin: "1500px" },
  );
  const watch = () => {
    const more = doc.getElementById("more");
    if (more) near.observe(more);
  };
  watch();
  doc.addEventListener("htmx:after:swap", watch);
}
