// The board's one script. Everything works without it; with it the detail opens
// beside the list, actions renew what they changed, a half-typed note survives,
// the list follows what happens, and the page notices when nobody answers it
// any more.
import htmx from "htmx.org";
import { loadWithAlert, loadWithFirstTouch } from "./later.js";
import { goLive } from "./live.js";
import { fetchMore } from "./more.js";
import { keepOrder } from "./order.js";
import { summon } from "./summon.js";

for (const start of [keepOrder, loadWithAlert, fetchMore, summon]) {
  start(document);
}
loadWithFirstTouch(document, goLive(document), htmx);
