package handlers

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"triageboard/internal/desk"
	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// usual is what is made once for all who changed no key.
var usual = struct {
	keymap func() string
	keys   func() map[string]components.Key
}{
	sync.OnceValue(func() string { return encodeKeymap(nil) }),
	sync.OnceValue(func() map[string]components.Key { return showKeys(nil) }),
}

// keymapOf is which command each of a user's keys gives, as JSON: the page binds
// them.
func keymapOf(changes desk.KeyChanges) string {
	if len(changes) == 0 {
		return usual.keymap()
	}
	return encodeKeymap(changes)
}

func encodeKeymap(changes desk.KeyChanges) string {
	keys, err := changes.Keymap()
	if err != nil { // what is kept was checked, and a test reads the table
		panic(err)
	}
	text, err := json.Marshal(keys)
	if err != nil {
		panic(err) // a map of strings can't fail
	}
	return string(text)
}

// shownKeys is the key of each command that has one, as this user sees it.
func shownKeys(changes desk.KeyChanges) map[string]components.Key {
	if len(changes) == 0 {
		return usual.keys()
	}
	return showKeys(changes)
}

func showKeys(changes desk.KeyChanges) map[string]components.Key {
	shown := map[string]components.Key{}
	for _, command := range desk.Commands {
		if keys := keysOf(command, changes); len(keys) > 0 {
			shown[command.ID] = keys[0]
		}
	}
	return shown
}

// keysOf is a command's keys: the user's own first, then those it always has.
func keysOf(command desk.Command, changes desk.KeyChanges) []components.Key {
	var keys []components.Key
	if key := changes.KeyOf(command); key != "" {
		keys = append(keys, shownKey(key))
	}
	return append(keys, fixedKeys(command)...)
}

func fixedKeys(command desk.Command) []components.Key {
	var keys []components.Key
	for _, key := range command.Fixed {
		keys = append(keys, shownKey(key))
	}
	return keys
}

// keyNames is what stands on keys that aren't called as browsers name them.
var keyNames = map[string]string{"ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc"}

// shownKey is a key as people read it. How aria-keyshortcuts names it: WAI-ARIA
// 1.2, 6.6; it has no word for one key after another.
func shownKey(key string) components.Key {
	parts := strings.Split(key, " ")
	shown := components.Key{Aria: strings.Replace(key, "Ctrl+", "Control+", 1)}
	for _, part := range parts {
		if name, ok := keyNames[part]; ok {
			part = name
		}
		if bare, ctrl := strings.CutPrefix(part, "Ctrl+"); ctrl && utf8.RuneCountInString(bare) == 1 {
			part = "Ctrl+" + strings.ToUpper(bare)
		}
		if r, size := utf8.DecodeRuneInString(part); size == len(part) && unicode.IsUpper(r) {
			part = "Shift+" + part
			shown.Aria = part
		}
		shown.Caps = append(shown.Caps, part)
	}
	if len(parts) > 1 {
		shown.Aria = ""
	}
	return shown
}

// topics are all commands with the user's keys, by what they are about.
func topics(l *i18n.Locale, changes desk.KeyChanges) []templates.Topic {
	var all []templates.Topic
	for _, topic := range desk.Topics {
		t := templates.Topic{ID: string(topic), Title: l.T("topic." + string(topic))}
		for _, command := range desk.Commands {
			if command.Topic == topic {
				t.Commands = append(t.Commands, templates.Command{Word: commandWord(l, command.ID), Keys: keysOf(command, changes)})
			}
		}
		all = append(all, t)
	}
	return all
}

func commandWord(l *i18n.Locale, id string) string { return l.T("command." + id) }

// ofUse reports whether a command can do anything for somebody: who only reads
// needn't be offered what changes alerts.
func ofUse(command desk.Command, actor triage.Actor) bool {
	return actor.May(triage.OpAct) || command.Topic != desk.TopicAlert && command.Topic != desk.TopicSeveral
}

// hints are the few keys the foot shows, for each place the user can be at.
func hints(l *i18n.Locale, actor triage.Actor, changes desk.KeyChanges) []templates.Hints {
	shown := shownKeys(changes)
	var all []templates.Hints
	for _, place := range desk.Places {
		h := templates.Hints{Place: string(place)}
		for _, command := range desk.Commands {
			key, ok := shown[command.ID]
			switch {
			case !ok || !slices.Contains(command.Where, place) || !ofUse(command, actor):
			case command.ID == "previous" && len(h.Keys) == 1: // it and the next one are one thing to learn
				h.Keys[0] = templates.Command{Word: l.T("foot.move"), Keys: append(h.Keys[0].Keys, key)}
			default:
				h.Keys = append(h.Keys, templates.Command{Word: commandWord(l, command.ID), Keys: []components.Key{key}})
			}
		}
		all = append(all, h)
	}
	return all
}
