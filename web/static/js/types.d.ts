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
  }
}

declare global {
  interface DocumentEventMap {
    /** The alert in the detail was changed by somebody else: what was done. */
    "board:changed": CustomEvent<string>;
  }
}
