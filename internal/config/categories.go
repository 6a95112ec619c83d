package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The most characters of a category; the same limit holds for typed ones.
const maxCategory = 100

// Category is a reason offered for a decision about an alert.
type Category struct {
	Value   string // what is written into Luscii
	Dutch   string // label
	English string // label
}

// Categories are offered in this order. As text they are value=label pairs by
// comma; a label "Dutch|English" gives one for each language, any other serves
// both.
type Categories []Category

// UnmarshalText reads the pairs.
func (c *Categories) UnmarshalText(b []byte) error {
	var list Categories
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(string(b), ",") {
		value, label, found := strings.Cut(pair, "=")
		value = strings.TrimSpace(value)
		dutch, english, both := strings.Cut(label, "|")
		if !both {
			english = dutch
		}
		dutch, english = strings.TrimSpace(dutch), strings.TrimSpace(english)
		switch {
		case !found || value == "" || dutch == "" || english == "":
			return fmt.Errorf("%q isn't a value=label pair, or value=Dutch label|English label", strings.TrimSpace(pair))
		case utf8.RuneCountInString(value) > maxCategory:
			return fmt.Errorf("the value %q is longer than %d characters", value, maxCategory)
		case seen[value]:
			return fmt.Errorf("%q stands there twice", value)
		}
		seen[value] = true
		list = append(list, Category{value, dutch, english})
	}
	*c = list
	return nil
}
