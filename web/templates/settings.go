package templates

import (
	"github.com/a-h/templ"

	"triageboard/web/templates/components"
)

// Settings is the page of a user's own settings.
type Settings struct {
	Page
	Fields []Setting
	Notice *components.Notice
}

// Setting is one thing to choose among a few.
type Setting struct {
	Name, Label string
	Options     []Category
	Was         string // what is kept
	Error       string
}

// KeyHelp is every key there is.
type KeyHelp struct {
	Page
	Topics []Topic
}

// Topic is what some commands are about.
type Topic struct {
	ID, Title string
	Commands  []Command
}

// Command is something a key does, and its keys; none: it has none.
type Command struct {
	Word string
	Keys []components.Key
}

// Hints are the keys of use at one place, for the foot.
type Hints struct {
	Place string
	Keys  []Command
}

// OwnKeys is the page where a user changes keys.
type OwnKeys struct {
	Page
	Topics []OwnKeysTopic
	Notice *components.Notice
}

// OwnKeysTopic is the keys of one topic.
type OwnKeysTopic struct {
	Title string
	Keys  []OwnKey
}

// OwnKey is the key of one command, as typed; beside it those it always has.
type OwnKey struct {
	Name, Word, Typed string
	Was               string // what was kept when the form was shown
	Fixed             []components.Key
	Error             string
}

// Palette is all there is to do and where to go, beside the help.
type Palette struct {
	KeyHelp
	Entries []Entry
}

// Entry is one line of the palette: it runs a command, goes somewhere, or posts a
// form of one field.
type Entry struct {
	Word, Kind  string
	Keys        []components.Key
	Run         string // the command's id
	OnBoard     bool   // the command does something on the board alone
	To          string
	Post        string
	Name, Value string // the field that is posted; no name: none
}

// theme is the user's choice of colours; empty: as the system has it.
func (p Page) theme() string {
	if p.User == nil {
		return ""
	}
	return p.User.Theme
}

// colorScheme is what the browser is told of it before any style sheet comes.
func (p Page) colorScheme() string {
	if chosen := p.theme(); chosen != "" {
		return chosen
	}
	return "light dark"
}

// Key is a command's key for who is signed in.
func (p Page) Key(command string) components.Key {
	if p.User == nil {
		return components.Key{}
	}
	return p.User.KeyOf[command]
}

// shortcut names a command's key to who hears the page.
func shortcut(p Page, command string) templ.Attributes {
	if aria := p.Key(command).Aria; aria != "" {
		return templ.Attributes{"aria-keyshortcuts": aria}
	}
	return nil
}

// noteShortcut is the note's, which has one on the board alone.
func noteShortcut(p Page, inPage bool) templ.Attributes {
	if !inPage {
		return nil
	}
	return shortcut(p, "note")
}

// Keys is the same, to be shown where it has one.
func (p Page) Keys(command string) []components.Key {
	if key := p.Key(command); len(key.Caps) > 0 {
		return []components.Key{key}
	}
	return nil
}
