package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one fault's name and place.
type setting struct {
	name   string
	value  any           // *time.Duration, *float64 (a share), *int, *bool, *Rate or *Scope
	most   time.Duration // of a duration; 0: as long as one likes
	signed bool          // the duration may be negative
}

// set reads a value's text form.
func (s setting) set(text string) error {
	var err error
	switch v := s.value.(type) {
	case *time.Duration:
		*v, err = time.ParseDuration(text)
	case *float64:
		*v, err = strconv.ParseFloat(text, 64)
	case *int:
		*v, err = strconv.Atoi(text)
	case *bool:
		*v, err = strconv.ParseBool(text)
	case *Rate:
		*v, err = ParseRate(text)
	case *Scope:
		*v = Scope(text)
	}
	if err != nil {
		return fmt.Errorf("%s: %q can't be read, want %s", s.name, text, s.form())
	}
	return s.validate()
}

func (s setting) validate() error {
	switch v := s.value.(type) {
	case *time.Duration:
		if *v < 0 && !s.signed {
			return fmt.Errorf("%s: %v is negative", s.name, *v)
		}
		if s.most > 0 && (*v > s.most || *v < -s.most) {
			return fmt.Errorf("%s: %v is more than %v", s.name, *v, s.most)
		}
	case *float64:
		if !(*v >= 0 && *v <= 1) { // so that NaN is refused too
			return fmt.Errorf("%s: %v is not between 0 and 1", s.name, *v)
		}
	case *int:
		if *v < 0 {
			return fmt.Errorf("%s: %d is negative", s.name, *v)
		}
	case *Rate:
		if err := v.validate(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	case *Scope:
		if !slices.Contains(scopes, *v) {
			return fmt.Errorf("%s: %q is none of %s", s.name, *v, s.form())
		}
	}
	return nil
}

// form is an example of what set reads, for help and complaints.
func (s setting) form() string {
	switch s.value.(type) {
	case *time.Duration:
		return "5s"
	case *float64:
		return "0.1"
	case *int:
		return "3"
	case *Rate:
		return "3/m"
	case *Scope:
		var names []string
		for _, scope := range scopes[1:] {
			names = append(names, string(scope))
		}
		return strings.Join(names, "|")
	}
	return "true"
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
	case *int:
		if *v != 0 {
			return strconv.Itoa(*v)
		}
	case *bool:
		if *v {
			return "true"
		}
	case *Rate:
		if v.Count != 0 {
			return v.String()
		}
	case *Scope:
		return string(*v)
	}
	return ""
}

// usage shows every fault by an example.
func (f Faults) usage() string {
	var examples []string
	for _, s := range f.settings() {
		examples = append(examples, s.name+"="+s.form())
	}
	return strings.Join(examples, ", ")
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
