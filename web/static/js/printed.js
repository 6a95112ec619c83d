/**
 * Tells the board that its page is being printed (R20).
 *
 * @param {Document} doc
 */
export function tellPrinted(doc) {
  const board = doc.getElementById("board");
  const home = doc.querySelector(".brand")?.getAttribute("href") ?? "/";
  const alert = doc.getElementById("detail")?.dataset.alertId ?? "";
  const rows = String(doc.querySelectorAll("#board .row").length);
  void fetch(`${home}printed?${board?.dataset.query}`, {
    method: "POST", keepalive: true, body: new URLSearchParams({ alert, rows }),
    headers: { "HX-Request": "true", "X-As": doc.body.dataset.as ?? "" },
  });
}
