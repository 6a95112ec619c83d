package components

import "strings"

// Key is a key as people read it.
type Key struct {
	Caps []string // "Shift+E"; two where one is pressed after the other; empty: there is none
	Aria string   // as aria-keyshortcuts names it; empty: it can't
}

// Short is what stands on a button.
func (k Key) Short() string { return strings.Replace(strings.Join(k.Caps, " "), "Shift+", "⇧", 1) }
