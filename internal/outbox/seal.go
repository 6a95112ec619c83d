package outbox

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"triageboard/internal/triage"
)

// Sealer seals what is stored; what is sealed for one purpose doesn't open for
// another.
type Sealer interface {
	Seal(plain []byte, purpose string) []byte
	Open(sealed []byte, purpose string) ([]byte, error)
}

// text is what a clinician typed, as it is sealed.
type text struct {
	Category string `json:"category"`
	Note     string `json:"note"`
}

// TextPurpose is what an action's text is sealed for.
func TextPurpose(id triage.ActionID) string { return "text of the action " + string(id) }

// KeyPurpose is what an action's key is sealed for. It names action and owner, so
// that a key moved to another row won't open.
func KeyPurpose(id triage.ActionID, actor triage.HCPID) string {
	return "key of " + string(actor) + " for the action " + string(id)
}

// sealed is an action as it is stored. An empty key leaves the one that is stored
// already; it goes when the action is no longer in flight.
func (b *Outbox) sealed(a triage.Action, key triage.Key) (triage.KeptAction, error) {
	k := triage.KeptAction{Action: a}
	if typed := (text{a.Change.Category, a.Change.Note}); typed != (text{}) {
		plain, err := json.Marshal(typed)
		if err != nil {
			return triage.KeptAction{}, fmt.Errorf("encode what was typed: %w", err)
		}
		k.Text = b.Sealer.Seal(plain, TextPurpose(a.ID))
	}
	k.Change.Category, k.Change.Note = "", ""
	if key != "" && a.State.InFlight() {
		k.Key = b.Sealer.Seal([]byte(key.Reveal()), KeyPurpose(a.ID, a.Actor))
	}
	return k, nil
}

// opened is an action with what was typed. Text that can't be opened any more,
// after a change of keys, is gone; the action is then never sent, since the key is
// gone as well.
func (b *Outbox) opened(k triage.KeptAction) triage.Action {
	a := k.Action
	if len(k.Text) == 0 {
		return a
	}
	var typed text
	plain, err := b.Sealer.Open(k.Text, TextPurpose(a.ID))
	if err == nil {
		err = json.Unmarshal(plain, &typed)
	}
	if err != nil {
		b.Log.Warn("an action's text can't be opened", slog.String("action", string(a.ID)), slog.Any("error", err))
		return a
	}
	a.Change.Category, a.Change.Note = typed.Category, typed.Note
	return a
}

func (b *Outbox) openedAll(kept []triage.KeptAction) []triage.Action {
	all := make([]triage.Action, 0, len(kept))
	for _, k := range kept {
		all = append(all, b.opened(k))
	}
	return all
}

// keyOf is the key an action is sent with; false when it is gone or can't be
// opened any more.
func (b *Outbox) keyOf(k triage.KeptAction) (triage.Key, bool) {
	plain, err := b.Sealer.Open(k.Key, KeyPurpose(k.ID, k.Actor))
	if err != nil {
		return "", false
	}
	return triage.Key(plain), true
}
