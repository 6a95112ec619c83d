// What the scripts share beyond the browser's and htmx's own types, for the type
// checker alone.
import "htmx.org";

/** A part of an answer that htmx is about to put in place. */
export interface SwapTask {
  fragment?: DocumentFragment;
}

declare module "htmx.org" {
  interface HtmxRequestCtx {
    /** The user asked for the list as it is now, whatever moves. */
    show?: boolean;
    /** The version of the list that was put in place. */
    placed?: number;
    /** An alert is opened by a key: the focus stays where it is. */
    byKey?: boolean;
    /** It is opened because another was acted on: what is said of that one stays. */
    goesOn?: boolean;
  }
}

declare global {
  interface DocumentEventMap {
    /** The alert in the detail was changed by somebody else: what was done. */
    "board:changed": CustomEvent<string>;
    /** An alert that was read ahead stands in the detail. */
    "board:opened": Event;
    /** There are more red ones than before. */
    "board:reds": Event;
    /** A decision about this alert is on its way to the board. */
    "board:sending": CustomEvent<string>;
    /** The board has accepted it. */
    "board:written": CustomEvent<string>;
    /** The board keeps what was typed about this alert as its draft. */
    "board:kept": CustomEvent<string>;
    /** This alert is about to be decided from the list: prevented where something typed about it isn't in sight. */
    "board:deciding": CustomEvent<string>;
  }
}
