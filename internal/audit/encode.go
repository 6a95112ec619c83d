package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// timeForm has a fixed width, so that times are sorted by sorting texts.
const timeForm = "2006-01-02T15:04:05.000000Z"

// The longest texts kept, in bytes; ours. Ids and words of the program are far
// shorter, and so is the longest note.
const (
	maxText   = 1 << 10
	maxSealed = 64 << 10
)

// sealPurpose keeps what is sealed here from being opened as something else.
const sealPurpose = "audit"

// Sealer seals what must not be read in the records.
type Sealer interface {
	Seal(plain []byte, purpose string) []byte
}

// body is an event as it is kept: one JSON object on one line, its fields always
// in this order. JSON escapes line ends, NUL and control characters, and what
// isn't UTF-8 is replaced, so no value can look like a field or a record.
type body struct {
	Version      int      `json:"v"`
	Seq          uint64   `json:"seq"`
	At           string   `json:"at"`
	Action       Action   `json:"action"`
	Outcome      Outcome  `json:"outcome"`
	User         string   `json:"user,omitempty"`
	Role         string   `json:"role,omitempty"`
	Organisation string   `json:"organisation,omitempty"`
	AccessPoint  string   `json:"access_point,omitempty"`
	Patient      string   `json:"patient,omitempty"`
	Object       *Object  `json:"object,omitempty"`
	Basis        *Basis   `json:"basis,omitempty"`
	RequestID    string   `json:"request_id,omitempty"`
	Details      *Details `json:"details,omitempty"`
	Sealed       []byte   `json:"sealed,omitempty"`
}

// encode is the canonical form of an event under a number.
func encode(seq uint64, e Event, sealer Sealer) ([]byte, error) {
	b := body{
		Version: 1, Seq: seq, At: e.At.UTC().Format(timeForm), Action: Action(text(string(e.Action))), Outcome: Outcome(text(string(e.Outcome))),
		User: text(e.User), Role: text(e.Role), Organisation: text(e.Organisation), AccessPoint: text(e.AccessPoint),
		Patient: text(e.Patient), RequestID: text(e.RequestID),
	}
	if e.Object != (Object{}) {
		b.Object = &Object{text(e.Object.Kind), text(e.Object.ID)}
	}
	if e.Basis.Rule != "" {
		b.Basis = &Basis{Rule(text(string(e.Basis.Rule))), texts(e.Basis.Groups)}
	}
	d := e.Details
	d.Was, d.Is, d.View, d.Reason, d.Patients = text(d.Was), text(d.Is), text(d.View), text(d.Reason), texts(d.Patients)
	if !d.empty() {
		b.Details = &d
	}
	if e.Private != (Private{}) {
		p := e.Private
		p.Note, p.Category, p.Terms = cut(p.Note, maxSealed), cut(p.Category, maxSealed), cut(p.Terms, maxSealed)
		p.Email, p.Asked = text(p.Email), text(p.Asked)
		plain, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encode what is to be sealed: %w", err)
		}
		b.Sealed = sealer.Seal(plain, sealPurpose)
	}
	return b.encode()
}

func (b body) encode() ([]byte, error) {
	out, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode an audit event: %w", err)
	}
	return out, nil
}

func (d Details) empty() bool {
	return d.Was == "" && d.Is == "" && d.View == "" && d.Rows == 0 && d.Total == 0 && len(d.Patients) == 0 && d.Reason == "" &&
		!d.Undo && !d.ReopenedSoon
}

// text is a value as it is kept: valid UTF-8 of bounded length.
func text(s string) string { return strings.ToValidUTF8(cut(s, maxText), "\uFFFD") }

// cut is s of at most limit bytes, ended between characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func texts(list []string) []string {
	out := slices.Clone(list)
	for i := range out {
		out[i] = text(out[i])
	}
	return out
}

var errNotCanonical = errors.New("isn't in the canonical form")

// decode reads what encode wrote; anything else is an error. Private stays sealed.
func decode(raw []byte) (body, error) {
	var b body
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return body{}, fmt.Errorf("read an audit record: %w", err)
	}
	again, err := b.encode()
	if err != nil {
		return body{}, err
	}
	if !bytes.Equal(raw, again) {
		return body{}, fmt.Errorf("read an audit record: it %w", errNotCanonical)
	}
	return b, nil
}

// event is what the body says, without what is sealed in it.
func (b body) event() (Event, error) {
	at, err := time.Parse(timeForm, b.At)
	if err != nil {
		return Event{}, fmt.Errorf("read an audit record's time: %w", err)
	}
	e := Event{
		At: at, Action: b.Action, Outcome: b.Outcome, User: b.User, Role: b.Role, Organisation: b.Organisation,
		AccessPoint: b.AccessPoint, Patient: b.Patient, RequestID: b.RequestID,
	}
	if b.Object != nil {
		e.Object = *b.Object
	}
	if b.Basis != nil {
		e.Basis = *b.Basis
	}
	if b.Details != nil {
		e.Details = *b.Details
	}
	return e, nil
}
