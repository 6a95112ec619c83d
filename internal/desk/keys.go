package desk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Command is something a key does on the board. Its words stand in the catalogue
// under "command." and its ID.
type Command struct {
	ID string
	// Topic is under what the help and the settings list it.
	Topic Topic
	// Key is the key it has unless a user changes it, as the browser names keys
	// (KeyboardEvent.key): "j", "E" for Shift with e, "g o" for one after the
	// other. Empty: none; it is in the palette.
	Key string
	// Fixed are keys that always give it, because every program gives them so.
	// Those with "Ctrl+" work where text is typed, too.
	Fixed []string
	// Where it is of use, for the foot, which shows those of the moment beside the
	// way to the help; empty: it isn't shown there.
	Where []Place
}

// Topic is what a command is about. Its words stand in the catalogue under
// "topic.".
type Topic string

// The topics.
const (
	TopicList    Topic = "list"    // going through the list
	TopicAlert   Topic = "alert"   // deciding about one
	TopicSeveral Topic = "several" // choosing several
	TopicFinding Topic = "finding" // narrowing the list
	TopicGoing   Topic = "going"   // to another page
	TopicAlways  Topic = "always"  // of use everywhere
)

// Topics are all of them, in the order in which they are shown.
var Topics = []Topic{TopicList, TopicAlert, TopicSeveral, TopicFinding, TopicGoing, TopicAlways}

// Place is what the user is at.
type Place string

// The places.
const (
	AtList     Place = "list"     // no alert is open
	AtAlert    Place = "alert"    // one is
	AtSelected Place = "selected" // several are selected
	AtNote     Place = "note"     // its note is being typed
)

// Places are all of them.
var Places = []Place{AtList, AtAlert, AtSelected, AtNote}

// Commands is the one table of keys: the page binds from it, and the help, the
// foot, the palette and the settings show it (R29). Its order is theirs.
var Commands = []Command{
	{ID: "next", Topic: TopicList, Key: "j", Fixed: []string{"ArrowDown"}, Where: []Place{AtList}},
	{ID: "previous", Topic: TopicList, Key: "k", Fixed: []string{"ArrowUp"}, Where: []Place{AtList}},
	{ID: "open", Topic: TopicList, Key: "o", Fixed: []string{"Enter"}, Where: []Place{AtList}},
	{ID: "process", Topic: TopicAlert, Key: "e", Where: []Place{AtAlert, AtSelected}},
	{ID: "escalate", Topic: TopicAlert, Key: "E", Where: []Place{AtAlert, AtSelected}},
	{ID: "undo", Topic: TopicAlert, Key: "z", Where: []Place{AtAlert}},
	{ID: "note", Topic: TopicAlert, Key: "n", Where: []Place{AtAlert}},
	{ID: "process-note", Topic: TopicAlert, Fixed: []string{"Ctrl+Enter"}, Where: []Place{AtNote}},
	{ID: "category", Topic: TopicAlert, Key: "c"},
	{ID: "select", Topic: TopicSeveral, Key: "x", Where: []Place{AtList}},
	{ID: "select-to", Topic: TopicSeveral, Key: "X", Where: []Place{AtSelected}},
	{ID: "select-patient", Topic: TopicSeveral, Key: "a"},
	{ID: "next-patient", Topic: TopicList, Key: "]"},
	{ID: "previous-patient", Topic: TopicList, Key: "["},
	{ID: "first", Topic: TopicList, Fixed: []string{"Home"}},
	{ID: "last", Topic: TopicList, Fixed: []string{"End"}},
	{ID: "show-new", Topic: TopicList, Key: "."},
	{ID: "pause", Topic: TopicList},
	{ID: "red", Topic: TopicFinding, Key: "1"},
	{ID: "orange", Topic: TopicFinding, Key: "2"},
	{ID: "gray", Topic: TopicFinding, Key: "3"},
	{ID: "all", Topic: TopicFinding, Key: "0"},
	{ID: "view-4", Topic: TopicFinding, Key: "4"},
	{ID: "view-5", Topic: TopicFinding, Key: "5"},
	{ID: "view-6", Topic: TopicFinding, Key: "6"},
	{ID: "view-7", Topic: TopicFinding, Key: "7"},
	{ID: "view-8", Topic: TopicFinding, Key: "8"},
	{ID: "view-9", Topic: TopicFinding, Key: "9"},
	{ID: "search", Topic: TopicFinding, Key: "/"},
	{ID: "palette", Topic: TopicAlways, Fixed: []string{"Ctrl+k"}, Where: []Place{AtList}},
	{ID: "go-open", Topic: TopicGoing, Key: "g o"},
	{ID: "go-escalated", Topic: TopicGoing, Key: "g e"},
	{ID: "go-processed", Topic: TopicGoing, Key: "g p"},
	{ID: "go-reports", Topic: TopicGoing, Key: "g r"},
	{ID: "go-insights", Topic: TopicGoing, Key: "g i"},
	{ID: "go-settings", Topic: TopicGoing, Key: "g s"},
	{ID: "help", Topic: TopicAlways, Key: "?"},
	{ID: "back", Topic: TopicAlways, Fixed: []string{"Escape"}, Where: []Place{AtSelected, AtNote}},
}

// KeyChanges is where a user's keys differ from the table's: by command, the key
// in place of the table's, or "" where it is switched off (R29).
type KeyChanges map[string]string

// KeyOf is the key a command has for this user, beside its fixed ones; empty:
// none.
func (c KeyChanges) KeyOf(command Command) string {
	if key, ok := c[command.ID]; ok {
		return key
	}
	return command.Key
}

// Keymap is which command each key gives, by key.
type Keymap map[string]string

// Keymap is which command each key gives this user. Errors: *KeyError for the
// first change that can't be.
func (c KeyChanges) Keymap() (Keymap, error) {
	keys, problems := c.keymap()
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return keys, nil
}

// Problems is why changes can't be, by the command that was changed.
func (c KeyChanges) Problems() map[string]*KeyError {
	_, problems := c.keymap()
	byCommand := make(map[string]*KeyError, len(problems))
	for _, p := range problems {
		byCommand[p.Command] = p
	}
	return byCommand
}

// keymap takes the keys nobody changed first, so that it is always a change that
// gets in the way of another command.
func (c KeyChanges) keymap() (Keymap, []*KeyError) {
	keys := Keymap{}
	var changed []Command
	for _, command := range Commands {
		for _, key := range command.Fixed {
			keys[key] = command.ID
		}
		if key := c.KeyOf(command); key != command.Key {
			changed = append(changed, command)
		} else if key != "" {
			keys[key] = command.ID
		}
	}
	var problems []*KeyError
	for _, command := range changed {
		key := c.KeyOf(command)
		if key == "" {
			continue
		}
		if !typable(key) {
			problems = append(problems, &KeyError{Command: command.ID, Key: key, Err: ErrNoKey})
		} else if other, taken := keys.collides(key); taken {
			problems = append(problems, &KeyError{Command: command.ID, Key: key, Other: other, Err: ErrKeyTaken})
		} else {
			keys[key] = command.ID
		}
	}
	return keys, problems
}

// mended is what of earlier changes holds beside the table of today: no command
// that is gone, no key that is none. Where a new command took a key the user had
// chosen, the user's choice stands, and the new one has no key.
func (c KeyChanges) mended() KeyChanges {
	mended := KeyChanges{}
	for _, command := range Commands {
		if key, ok := c[command.ID]; ok && key != command.Key {
			mended[command.ID] = key
		}
	}
	for {
		_, problems := mended.keymap()
		if len(problems) == 0 {
			return mended
		}
		command, other := problems[0].Command, problems[0].Other
		switch _, chosen := mended[other]; {
		case other == "":
			delete(mended, command)
		case chosen:
			mended[command] = ""
		default:
			mended[other] = ""
		}
	}
}

// collides finds the command a key would get in the way of: one that has the same
// key, or one of two keys the first of which it is.
func (m Keymap) collides(key string) (command string, taken bool) {
	first, _, _ := strings.Cut(key, " ")
	for _, other := range slices.Sorted(maps.Keys(m)) { // the same one each time
		otherFirst, _, _ := strings.Cut(other, " ")
		if key == other || key == otherFirst || first == other {
			return m[other], true
		}
	}
	return "", false
}

// typable reports whether a key, or each of two, is one character that is typed
// without Ctrl or Alt.
func typable(key string) bool {
	parts := strings.Split(key, " ")
	return len(parts) <= 2 && !slices.ContainsFunc(parts, func(part string) bool {
		r, size := utf8.DecodeRuneInString(part)
		return r == utf8.RuneError || size != len(part) || !unicode.IsGraphic(r) || unicode.IsSpace(r)
	})
}

// The kinds of KeyError.
var (
	ErrNoKey    = errors.New("not a key that can be pressed")
	ErrKeyTaken = errors.New("taken by another command")
)

// KeyError says why a command can't have a key.
type KeyError struct {
	Command, Key string
	Other        string // the command that has it; empty: none
	Err          error  // its kind
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("the key %q for %q: %v", e.Key, e.Command, e.Err)
}

func (e *KeyError) Unwrap() error { return e.Err }
