package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// answered is what the board said to a POST.
type answered string

const (
	accepted answered = "accepted"
	refused  answered = "refused" // in words: nothing may come of it
	cut      answered = "cut off" // by a kill, or a failure: it may be accepted or not
)

// attempt is one thing a clinician asked the board for: to act on an alert, or,
// where undoes names an action, to undo that.
type attempt struct {
	token    string // unique, the beginning of its note; of an undo: its number
	by       string // the persona's name
	alert    string
	status   string // wanted
	category string
	note     string
	undoes   string // id of the action to undo
	seen     time.Time
	shown    []string // tokens of notes that the page it was made on showed
	answer   answered
	action   string // the action's id, where the answer told it
}

// ledger is all attempts, written down before their answers are known.
type ledger struct {
	mu       sync.Mutex
	attempts []*attempt
	accepted int            // actions, without undos
	answers  map[string]int // how often the board said what to an attempt
}

func newLedger() *ledger { return &ledger{answers: map[string]int{}} }

// add notes an attempt that is about to be made.
func (l *ledger) add(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.answer = cut
	l.attempts = append(l.attempts, a)
}

// hear counts an answer.
func (l *ledger) hear(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[what]++
}

// settle notes what the board said to it.
func (l *ledger) settle(a *attempt, answer answered) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.answer = answer
	if answer == accepted && a.undoes == "" {
		l.accepted++
	}
}

// name notes what the board calls the action.
func (l *ledger) name(a *attempt, action string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.action = action
}

// count is how many actions were accepted so far.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

// change is one line of the sandbox's own log: something that was done to an
// alert, once.
type change struct {
	at               time.Time
	user             string // whose key did it
	alert            string
	status, category string
	note             string
}

// action is what the board says became of one action.
type action struct {
	id, alert, state, wanted, undoes string
	by                               string // whose page told it
	note                             string
	hasNote                          bool
}

// The states of an action that has ended.
const (
	confirmed = "confirmed"
	conflict  = "conflict"
	failed    = "failed"
	withdrawn = "withdrawn"
	unknown   = "unknown"
)

// tokenOf is what a note of ours begins with; empty: it isn't ours.
func tokenOf(note string) string {
	token, _, _ := strings.Cut(note, " ")
	if !strings.HasPrefix(token, tokenStart) {
		return ""
	}
	return token
}

// tokenStart begins every note of this command.
const tokenStart = "chaos-"

func (a *attempt) String() string {
	if a.undoes != "" {
		return fmt.Sprintf("undo %s of %s by %s (%s)", a.token, a.undoes, a.by, a.answer)
	}
	return fmt.Sprintf("%s on %s by %s, to %s (%s)", a.token, a.alert, a.by, a.status, a.answer)
}

func (a action) String() string {
	return fmt.Sprintf("action %s on %s to %s (%s)", a.id, a.alert, a.wanted, a.state)
}
