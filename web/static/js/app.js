// The board's one script. Everything works without it; with it the detail opens
// beside the list, actions renew what they changed, and the page notices when
// nobody answers it any more.
import "htmx.org";
import { watchSelection } from "./selection.js";
import { watchSilence } from "./silence.js";

watchSelection(document);
watchSilence(document);
