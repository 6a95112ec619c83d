package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Scope limits faults to some requests.
type Scope string

// The scopes. An export, though a POST, is a read.
const (
	ScopeAll         Scope = ""
	ScopeReads       Scope = "reads"
	ScopeWrites      Scope = "writes"      // PUT
	ScopeAlerts      Scope = "alerts"      // listing them
	ScopeInformation Scope = "information" // an alert's records
	ScopePatients    Scope = "patients"    // listing them, and one
	ScopeExports     Scope = "exports"
)

var scopes = []Scope{ScopeAll, ScopeReads, ScopeWrites, ScopeAlerts, ScopeInformation, ScopePatients, ScopeExports}

// covers reports whether a request lies within the scope.
func (s Scope) covers(r *http.Request) bool {
	write := r.Method == http.MethodPut
	switch s {
	case ScopeReads:
		return !write
	case ScopeWrites:
		return write
	case ScopeAlerts:
		return r.URL.Path == "/v1/alerts"
	case ScopeInformation:
		return strings.HasSuffix(r.URL.Path, "/information")
	case ScopePatients:
		return r.URL.Path == "/v1/patients" || strings.HasPrefix(r.URL.Path, "/v1/patients/")
	case ScopeExports:
		return strings.HasPrefix(r.URL.Path, "/v1/export/")
	}
	return true
}

// Faults is what goes wrong below /v1. The zero value is a healthy API.
//
// Shares lie between 0 and 1 and are of the requests within the scope. A
// request meets one mishap at most: the first in the order below whose share it
// falls into.
//
// As text, for flags: "latency=200ms,errors=0.2,only=reads"; a bare "down" is
// "down=true". As JSON: an object with the same names, durations and rates as
// strings. The names are those of (*Faults).settings.
type Faults struct {
	Only Scope

	// Before every answer. Nothing is done for a client that gives up meanwhile.
	Latency time.Duration
	Jitter  time.Duration // up to that much more

	// Instead of the answer. Nothing is done.
	Down       bool          // 503
	Refused    bool          // 401, as if the key had been revoked
	Inactive   bool          // 403, as if the key's owner had been made inactive
	Forbidden  bool          // 403, as if the owner's role had changed
	Errors     float64       // 500 or 503
	Limited    float64       // 429
	RetryAfter time.Duration // in the 429's Retry-After, in whole seconds; 0: there is none
	HTML       float64       // a page of HTML, as a proxy gives it, with 200 or 502
	DropBefore float64       // the connection is closed

	// The change is made although the client never learns it.
	Late      float64       // of PUTs: without an answer, the request is served after the connection has ended
	LateHold  time.Duration // how long the connection is held, if the client keeps it; 0: it is closed at once
	LateBy    time.Duration // how long after that the request is served, at most 30 s
	DropAfter float64       // the connection is closed once the request was served

	// What is sent of the answer.
	Malformed float64 // half of the JSON, as if that were all, with 200
	Truncated float64 // half, of a length announced as whole, or of none and the connection closed
	Endless   float64 // all but the last byte, then spaces for as long as the client reads
	Slow      float64 // all, at SlowRate
	SlowRate  int     // bytes a second

	// Listings, of whatever.
	Shift        int           // between two pages the order shifts by up to so many places: rows are missed or come again
	Duplicates   int           // a page repeats so many rows of the page before; at most half of it
	CursorTTL    time.Duration // a cursor given meanwhile expires after so long
	CursorUses   int           // or after so many uses; 0: any number
	CursorRepeat float64       // the page's nextCursor is the cursor it was asked for with
	Unknown      float64       // of alerts: they show a flag, type or, until somebody acts on them, status that no page knows

	// The sandbox itself, whatever the scope.
	Skew   time.Duration // its clock is ahead by that, or behind
	Others Rate          // how often a colleague acts on an open alert while Run runs
}

const (
	maxLateHold = time.Minute
	maxLateBy   = 30 * time.Second
	maxSkew     = 366 * 24 * time.Hour
)

// settings is the one table of faults: text, JSON, help and validation follow
// it.
func (f *Faults) settings() []setting {
	return []setting{
		{name: "only", value: &f.Only},
		{name: "latency", value: &f.Latency},
		{name: "jitter", value: &f.Jitter},
		{name: "down", value: &f.Down},
		{name: "refused", value: &f.Refused},
		{name: "inactive", value: &f.Inactive},
		{name: "forbidden", value: &f.Forbidden},
		{name: "errors", value: &f.Errors},
		{name: "limited", value: &f.Limited},
		{name: "retry-after", value: &f.RetryAfter},
		{name: "html", value: &f.HTML},
		{name: "drop-before", value: &f.DropBefore},
		{name: "late", value: &f.Late},
		{name: "late-hold", value: &f.LateHold, most: maxLateHold},
		{name: "late-by", value: &f.LateBy, most: maxLateBy},
		{name: "drop-after", value: &f.DropAfter},
		{name: "malformed", value: &f.Malformed},
		{name: "truncated", value: &f.Truncated},
		{name: "endless", value: &f.Endless},
		{name: "slow", value: &f.Slow},
		{name: "slow-rate", value: &f.SlowRate},
		{name: "shift", value: &f.Shift},
		{name: "duplicates", value: &f.Duplicates},
		{name: "cursor-ttl", value: &f.CursorTTL},
		{name: "cursor-uses", value: &f.CursorUses},
		{name: "cursor-repeat", value: &f.CursorRepeat},
		{name: "unknown", value: &f.Unknown},
		{name: "skew", value: &f.Skew, signed: true, most: maxSkew},
		{name: "others", value: &f.Others},
	}
}

func (f Faults) validate() error {
	for _, s := range f.settings() {
		if err := s.validate(); err != nil {
			return err
		}
	}
	if f.Slow > 0 && f.SlowRate == 0 {
		return errors.New("slow: needs slow-rate, in bytes a second")
	}
	return nil
}

// setAll replaces the faults by the named ones: what isn't named is off. On an
// error the faults stay as they were.
func (f *Faults) setAll(values map[string]string) error {
	var read Faults
	settings := read.settings()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("%q is no fault", name)
		}
		if err := settings[i].set(values[name]); err != nil {
			return err
		}
	}
	if err := read.validate(); err != nil {
		return err
	}
	*f = read
	return nil
}

// String is the text form.
func (f Faults) String() string {
	var parts []string
	for _, s := range f.settings() {
		if text := s.text(); text != "" {
			parts = append(parts, s.name+"="+text)
		}
	}
	return strings.Join(parts, ",")
}

// MarshalText is String, for flags.
func (f Faults) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the text form.
func (f *Faults) UnmarshalText(text []byte) error {
	values := map[string]string{}
	for part := range strings.SplitSeq(string(text), ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if name == "" && !found {
			continue
		}
		if _, twice := values[name]; twice {
			return fmt.Errorf("%s is given twice", name)
		}
		if !found {
			value = "true"
		}
		values[name] = value
	}
	return f.setAll(values)
}

// MarshalJSON names every fault, those that are off too.
func (f Faults) MarshalJSON() ([]byte, error) { return json.Marshal(f.object()) }

func (f Faults) object() map[string]any {
	object := map[string]any{}
	for _, s := range f.settings() {
		object[s.name] = s.value
		if d, ok := s.value.(*time.Duration); ok {
			object[s.name] = d.String()
		}
	}
	return object
}

// UnmarshalJSON reads an object of faults; what it doesn't name is off.
func (f *Faults) UnmarshalJSON(data []byte) error {
	values, err := readObject(data)
	if err != nil {
		return err
	}
	return f.setAll(values)
}
