package triage

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	const fine = ""
	note := func(s string) Change { return Change{Status: StatusProcessed, Note: s} }
	category := func(s string) Change { return Change{Status: StatusProcessed, Category: s} }
	for name, tc := range map[string]struct {
		c     Change
		field string
		why   string
	}{
		"open":                          {Change{Status: StatusOpen}, fine, ""},
		"processed":                     {Change{Status: StatusProcessed, Category: "request_visit", Note: "Gebeld."}, fine, ""},
		"escalated":                     {Change{Status: StatusEscalated}, fine, ""},
		"no status":                     {Change{}, "status", "invalid.status"},
		"a status outside the three":    {Change{Status: "snoozed"}, "status", "invalid.status"},
		"another spelling":              {Change{Status: "Open"}, "status", "invalid.status"},
		"10,000 characters":             {note(strings.Repeat("a", 10_000)), fine, ""},
		"10,001 characters":             {note(strings.Repeat("a", 10_001)), "note", "invalid.note_long"},
		"10,000 characters, more bytes": {note(strings.Repeat("ë", 9_999) + "😀"), fine, ""},
		"10,001 of those":               {note(strings.Repeat("ë", 10_000) + "😀"), "note", "invalid.note_long"},
		"a note of several lines":       {note("Gebeld.\n\tMorgen weer.\r\n"), fine, ""},
		"a note that isn't UTF-8":       {note("Gebeld \xff"), "note", "invalid.note"},
		"a long note that isn't UTF-8":  {note(strings.Repeat("\xff", 10_001)), "note", "invalid.note"},
		"a category of 100":             {category(strings.Repeat("é", 100)), fine, ""},
		"a category of 101":             {category(strings.Repeat("e", 101)), "category", "invalid.category"},
		"a category of two lines":       {category("request\nvisit"), "category", "invalid.category"},
		"a category with NUL":           {category("request\x00visit"), "category", "invalid.category"},
		"a category with DEL":           {category("request\x7fvisit"), "category", "invalid.category"},
		"a category that isn't UTF-8":   {category("caf\xe9"), "category", "invalid.category"},
		"a category with a space":       {category("other: visit"), fine, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.c.Validate()
			if tc.field == fine {
				require.NoError(t, err)
				return
			}
			var invalid *InvalidError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, InvalidError{Field: tc.field, Reason: tc.why}, *invalid)
		})
	}
}
