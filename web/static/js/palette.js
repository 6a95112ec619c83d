import { score } from "./fuzzy.js";

const settled = 400; // milliseconds after which what was found is said

/** @type {WeakMap<Document, Promise<string>>} */
const fetched = new WeakMap();

/** @type {WeakMap<HTMLDialogElement, Palette>} */
const palettes = new WeakMap();

/**
 * Fetches palette and help, so that they are there when they are needed. They
 * hold nothing about patients.
 *
 * @param {Document} doc
 * @returns {Promise<string>} their markup; rejected where it can't be had
 */
export function fetchDialogs(doc) {
  let markup = fetched.get(doc);
  if (!markup) {
    const headers = { "HX-Request": "true", "X-As": doc.body.dataset.as ?? "" };
    markup = fetch(doc.getElementById("dialogs")?.dataset.from ?? "", { headers }).then((answer) => {
      if (!answer.ok) throw new Error(`the dialogs were answered with ${answer.status}`);
      return answer.text();
    });
    markup.catch(() => fetched.delete(doc)); // to be tried again
    fetched.set(doc, markup);
  }
  return markup;
}

/**
 * Opens the palette: everything there is to do and where to go, to be found by
 * a few letters.
 *
 * @param {Document} doc
 * @param {(id: string) => void} run carries out a command; the focus is by then where it was
 */
export async function openPalette(doc, run) {
  const dialog = await dialogOf(doc, "palette");
  if (!dialog || dialog.open) return;
  const palette = palettes.get(dialog) ?? new Palette(dialog);
  palettes.set(dialog, palette);
  palette.open(run);
}

/**
 * Opens the help: every key there is.
 *
 * @param {Document} doc
 */
export async function openHelp(doc) {
  const dialog = await dialogOf(doc, "help");
  if (dialog && !dialog.open) dialog.showModal();
}

/**
 * A dialog, in the page and with its styles. Where it can't be had the page says
 * so, and stays as it is.
 *
 * @param {Document} doc
 * @param {string} id
 * @returns {Promise<HTMLDialogElement | null>}
 */
async function dialogOf(doc, id) {
  const place = doc.getElementById("dialogs");
  if (!place) return null;
  try {
    const markup = await fetchDialogs(doc);
    if (!place.firstElementChild) {
      place.innerHTML = markup;
      await styled(place.querySelector("link"));
    }
  } catch {
    const notice = doc.createElement("div");
    notice.className = "notice error";
    notice.setAttribute("role", "alert");
    notice.textContent = place.dataset.failed ?? "";
    doc.getElementById("toasts")?.replaceChildren(notice);
  }
  return /** @type {HTMLDialogElement | null} */ (doc.getElementById(id));
}

/**
 * @param {HTMLLinkElement | null} link
 * @returns {Promise<unknown>} kept once the style sheet is there, or can't be
 */
function styled(link) {
  if (!link || link.sheet) return Promise.resolve();
  return new Promise((done) => {
    link.addEventListener("load", done);
    link.addEventListener("error", done);
  });
}

/** The palette. The focus stays in its field; the list follows it. */
class Palette {
  #dialog;
  #run = (/** @type {string} */ _id) => {};
  #input;
  #list;
  #entries;
  #chosen = -1; // among those shown
  #said = 0; // a timer

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#input = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
    this.#list = /** @type {HTMLElement} */ (dialog.querySelector("[role=listbox]"));
    const onBoard = dialog.ownerDocument.getElementById("board") !== null;
    this.#entries = [.../** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll("[role=option]"))].filter((entry, i) => {
      entry.id = `palette-${i}`;
      const offered = onBoard || !("onBoard" in entry.dataset);
      if (!offered) entry.remove();
      return offered;
    });
    this.#input.addEventListener("input", () => this.#find());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => {
      const entry = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (entry instanceof HTMLElement) this.#take(entry);
    });
  }

  /** @param {(id: string) => void} run */
  open(run) {
    this.#run = run;
    this.#input.value = "";
    this.#find();
    this.#dialog.showModal();
    this.#input.focus();
  }

  /** Shows what fits what is typed, best first; all of it where nothing is. */
  #find() {
    const typed = this.#input.value.trim();
    const fits = this.#entries.map((entry) => ({ entry, good: score(typed, wordsOf(entry)) }));
    const found = typed ? fits.filter(({ good }) => good > 0).sort((a, b) => b.good - a.good) : fits;
    this.#list.replaceChildren(...found.map(({ entry }) => entry));
    const none = this.#part("palette-none");
    if (none) none.hidden = found.length > 0;
    this.#list.hidden = found.length === 0;
    this.#input.setAttribute("aria-expanded", String(found.length > 0));
    this.#choose(found.length > 0 ? 0 : -1);
    clearTimeout(this.#said);
    this.#said = setTimeout(() => {
      const words = this.#part("palette-found");
      if (!words) return;
      words.textContent = found.length > 0 ? (words.dataset.found ?? "").replace("{n}", String(found.length)) : (words.dataset.none ?? "");
    }, settled);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const shown = this.#list.children.length;
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" && shown > 0) this.#choose((this.#chosen + 1) % shown);
    else if (event.key === "ArrowUp" && shown > 0) this.#choose((this.#chosen - 1 + shown) % shown);
    else if (event.key === "Enter") {
      const entry = this.#list.children[this.#chosen];
      if (entry instanceof HTMLElement && !event.repeat) this.#take(entry);
    } else return;
    event.preventDefault();
  }

  /** @param {number} at among those shown */
  #choose(at) {
    this.#list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.#chosen = at;
    const entry = this.#list.children[at];
    if (!entry) {
      this.#input.removeAttribute("aria-activedescendant");
      return;
    }
    entry.setAttribute("aria-selected", "true");
    entry.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", entry.id);
  }

  /**
   * Does what an entry is for. Closing gives the focus back first: a command is
   * about what had it.
   *
   * @param {HTMLElement} entry
   */
  #take(entry) {
    this.#dialog.close();
    const { run, to, post, name, value } = entry.dataset;
    if (run) this.#run(run);
    else if (to) this.#dialog.ownerDocument.defaultView?.location.assign(to);
    else if (post) send(this.#dialog.ownerDocument, post, name, value);
  }

  /** @param {string} id */
  #part(id) {
    return this.#dialog.ownerDocument.getElementById(id);
  }
}

/**
 * What an entry is found by.
 *
 * @param {HTMLElement} entry
 * @returns {string}
 */
function wordsOf(entry) {
  return `${entry.querySelector(".word")?.textContent} ${entry.querySelector(".kind")?.textContent}`;
}

/**
 * Posts a form of one field, which comes back to this page.
 *
 * @param {Document} doc
 * @param {string} to
 * @param {string | undefined} name
 * @param {string | undefined} value
 */
function send(doc, to, name, value) {
  const form = doc.createElement("form");
  form.method = "post";
  form.action = to;
  form.hidden = true;
  const fields = { back: doc.location.pathname + doc.location.search, ...(name && { [name]: value ?? "" }) };
  for (const [field, text] of Object.entries(fields)) {
    const input = doc.createElement("input");
    input.type = "hidden";
    input.name = field;
    input.value = text;
    form.append(input);
  }
  doc.body.append(form);
  form.requestSubmit();
}
