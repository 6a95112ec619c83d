const pause = 800; // milliseconds after the last keystroke
const longest = 1_800; // and never later than this after the first
const again = 5_000; // after a failure
const fetched = 5_000; // then no alert is on its way that was fetched before a draft was kept
const patience = 20_000; // with a decision that gets no answer
const mayOutlive = 60_000; // characters a request may carry that outlives its page

/**
 * Keeps what is typed about an alert: at once in this page's memory, so that it
 * is there when the alert is opened again, and within two seconds on the board,
 * so that a closed tab or a crash loses no more than that (R38). Browser storage
 * holds none of it (R25). Leaving asks only where it couldn't be kept.
 *
 * @param {Document} doc
 */
export function keepDrafts(doc) {
  /** @type {Map<string, Draft>} */
  const drafts = new Map();
  const form = () => /** @type {HTMLFormElement | null} */ (doc.querySelector("form#act"));
  const alertOf = () => doc.querySelector("#detail")?.getAttribute("data-alert-id") ?? "";
  const tell = (/** @type {string} */ alert, /** @type {string} */ text) => {
    if (alert === alertOf()) doc.getElementById("draft")?.replaceChildren(text);
  };

  const take = (/** @type {HTMLFormElement} */ f) => {
    if (!f.dataset.saveTo) return;
    const alert = alertOf();
    let draft = drafts.get(alert);
    if (!draft) {
      const forget = () => {
        if (draft && !draft.dirty && drafts.get(alert) === draft) drafts.delete(alert);
      };
      draft = new Draft(f.dataset.saveTo, doc.body.dataset.as ?? "", (kept) => {
        if (kept) {
          setTimeout(forget, fetched); // the board knows as much now
          doc.dispatchEvent(new CustomEvent("board:kept", { detail: alert }));
        }
        const words = form()?.dataset ?? {};
        const now = new Date().toTimeString().slice(0, 5);
        tell(alert, kept ? (words.kept ?? "").replace("{time}", now) : (words.notKept ?? ""));
      });
      drafts.set(alert, draft);
    }
    draft.typed(typedIn(f));
  };
  const early = form();
  if (early && hasChanged(early)) take(early); // typed while this script was still on its way

  doc.addEventListener("input", (event) => {
    const f = form();
    if (f && event.target instanceof Element && f.contains(event.target)) take(f);
  });

  doc.addEventListener("submit", (event) => {
    if (event.target === form()) drafts.get(alertOf())?.hold();
  }, true);

  // One made from the list carries no note: the board may not know this one yet.
  doc.addEventListener("board:deciding", (event) => {
    if (Object.values(drafts.get(event.detail)?.fields ?? {}).some(Boolean)) event.preventDefault();
  });

  // A decision that goes on with the next alert.
  doc.addEventListener("board:sending", ({ detail }) => drafts.get(detail)?.hold());
  doc.addEventListener("board:written", ({ detail }) => written(detail));

  const written = (/** @type {string} */ alert) => {
    drafts.get(alert)?.written();
    drafts.delete(alert);
  };
  const fill = () => {
    const f = form();
    const draft = drafts.get(alertOf());
    if (!f || !draft) return;
    for (const [name, value] of Object.entries(draft.fields)) {
      const field = f.elements.namedItem(name);
      if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
    }
    draft.typed(draft.fields);
  };
  doc.addEventListener("board:opened", fill);
  doc.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx.target?.id !== "detail") return;
    if (ctx.request?.method === "POST" && ctx.response?.status === 200) written(alertOf());
    fill();
  });

  // A page that goes, or is put aside, sends what isn't kept yet.
  const flush = () => { for (const draft of drafts.values()) draft.save(true); };
  doc.addEventListener("visibilitychange", () => { if (doc.visibilityState === "hidden") flush(); });
  addEventListener("pagehide", flush);

  // Without htmx's help the form leaves the page by itself: then nothing is lost.
  let sending = false;
  doc.addEventListener("submit", (event) => { sending = !event.defaultPrevented; });
  addEventListener("beforeunload", (event) => {
    flush();
    if (!sending && [...drafts.values()].some((draft) => draft.failed)) event.preventDefault();
    sending = false;
  });
}

/** What is typed about one alert, on its way to the board. */
class Draft {
  /** @type {Record<string, string>} */
  fields = {};
  failed = false;
  dirty = false; // something typed isn't kept yet
  #url;
  #as;
  #tell;
  #since = 0; // performance.now() of the first keystroke that isn't kept
  #timer = 0;
  #sending = 0; // requests under way

  /**
   * @param {string} url where it is kept
   * @param {string} as whose page this is
   * @param {(kept: boolean) => void} tell
   */
  constructor(url, as, tell) {
    this.#url = url;
    this.#as = as;
    this.#tell = tell;
  }

  /** @param {Record<string, string>} fields */
  typed(fields) {
    this.fields = fields;
    if (!this.dirty) this.#since = performance.now();
    this.dirty = true;
    clearTimeout(this.#timer);
    const left = this.#since + longest - performance.now();
    this.#timer = setTimeout(() => this.save(), Math.max(0, Math.min(pause, left)));
  }

  /** Sends nothing for a while: a decision is on its way, which carries it. */
  hold() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), patience);
  }

  /** It is written; what may still be on its way must not bring it back. */
  written() {
    clearTimeout(this.#timer);
    this.dirty = false;
    if (this.#sending > 0) void this.#send({ note: "", category: "" });
  }

  /**
   * Sends what isn't kept yet: one request after the other, so that an older one
   * can't arrive last.
   *
   * @param {boolean} [atOnce] the page may be gone before the last one is answered
   */
  save(atOnce = false) {
    clearTimeout(this.#timer);
    if (!this.dirty) return;
    if (this.#sending > 0 && !atOnce) {
      this.#timer = setTimeout(() => this.save(), pause);
      return;
    }
    this.dirty = false;
    this.#send(this.fields).then((kept) => {
      this.failed = !kept;
      this.#tell(kept);
      if (kept || this.dirty) return;
      this.dirty = true;
      this.#timer = setTimeout(() => this.save(), again);
    });
  }

  /**
   * @param {Record<string, string>} fields
   * @returns {Promise<boolean>}
   */
  async #send(fields) {
    const body = new URLSearchParams(fields);
    this.#sending++;
    try {
      const answer = await fetch(this.#url, {
        method: "POST", body, headers: { "HX-Request": "true", "X-As": this.#as }, keepalive: body.toString().length < mayOutlive,
      });
      return answer.ok;
    } catch {
      return false;
    } finally {
      this.#sending--;
    }
  }
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

/**
 * Whether the form holds something else than the board put into it.
 *
 * @param {HTMLFormElement} form
 * @returns {boolean}
 */
function hasChanged(form) {
  return [...form.elements].some((field) => {
    if (field instanceof HTMLSelectElement) {
      const options = [...field.options];
      return field.value !== (options.find((option) => option.defaultSelected) ?? options[0])?.value;
    }
    return (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) && field.value !== field.defaultValue;
  });
}
