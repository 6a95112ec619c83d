package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Scope limits faults to some requests.
type Scope string

// The scopes. An export, though a POST, is a read.
const (
	ScopeAll    Scope = ""
	ScopeReads  Scope = "reads"
	ScopeWrites Scope = "writes" // PUT
)

// Faults is what goes wrong below /v1. Shares lie between 0 and 1 and are of
// the requests within the scope. The zero value is a healthy API.
//
// As text, for flags: "latency=200ms,errors=0.2,only=reads"; a bare "down" is
// "down=true". As JSON: an object with the same names, durations as strings.
type Faults struct {
	Latency   time.Duration // before every answer
	Jitter    time.Duration // up to that much more
	Errors    float64       // answered 500 or 503; nothing is done
	Malformed float64       // done, but answered 200 with half of the JSON
	Down      bool          // answered 503; nothing is done
	Only      Scope
}

// setting is one fault's name and place.
type setting struct {
	name  string
	value any // *time.Duration, *float64 (a share), *bool or *Scope
}

// settings is the one table of faults: text, JSON and validation follow it.
func (f *Faults) settings() []setting {
	return []setting{
		{"latency", &f.Latency},
		{"jitter", &f.Jitter},
		{"errors", &f.Errors},
		{"malformed", &f.Malformed},
		{"down", &f.Down},
		{"only", &f.Only},
	}
}

// set reads a value's text form.
func (s setting) set(text string) error {
	var err error
	switch v := s.value.(type) {
	case *time.Duration:
		*v, err = time.ParseDuration(text)
	case *float64:
		*v, err = strconv.ParseFloat(text, 64)
	case *bool:
		*v, err = strconv.ParseBool(text)
	case *Scope:
		*v = Scope(text)
	}
	if err != nil {
		return fmt.Errorf("%s: %q can't be read", s.name, text)
	}
	return s.validate()
}

func (s setting) validate() error {
	switch v := s.value.(type) {
	case *time.Duration:
		if *v < 0 {
			return fmt.Errorf("%s: %v is negative", s.name, *v)
		}
	case *float64:
		if !(*v >= 0 && *v <= 1) { // so that NaN is refused too
			return fmt.Errorf("%s: %v is not between 0 and 1", s.name, *v)
		}
	case *Scope:
		if *v != ScopeAll && *v != ScopeReads && *v != ScopeWrites {
			return fmt.Errorf("%s: %q is neither %q nor %q", s.name, *v, ScopeReads, ScopeWrites)
		}
	}
	return nil
}

// text is the form set reads; empty for a value that means no fault.
func (s setting) text() string {
	switch v := s.value.(type) {
	case *time.Duration:
		if *v != 0 {
			return v.String()
		}
	case *float64:
		if *v != 0 {
			return strconv.FormatFloat(*v, 'f', -1, 64)
		}
	case *bool:
		if *v {
			return "true"
		}
	case *Scope:
		return string(*v)
	}
	return ""
}

func (f Faults) validate() error {
	for _, s := range f.settings() {
		if err := s.validate(); err != nil {
			return err
		}
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

// readObject reads a JSON object of strings, numbers and booleans, each as
// text.
func readObject(data []byte) (map[string]string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, err
	}
	values := make(map[string]string, len(object))
	for name, raw := range object {
		value := string(raw)
		if strings.HasPrefix(value, `"`) {
			if err := json.Unmarshal(raw, &value); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		values[name] = value
	}
	return values, nil
}
