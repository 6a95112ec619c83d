package export

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// The quick way to read a time takes what the general one takes.
func TestPlainMoments(t *testing.T) {
	same := func(t assert.TestingT, s string) {
		want, err := time.Parse(time.DateTime, strings.Replace(s, "T", " ", 1))
		got, ok := asMoment(s)
		assert.Equal(t, err == nil, ok, s)
		if ok {
			assert.Equal(t, want, got)
		}
	}
	for _, s := range []string{
		"2024-02-29 00:00:00", "2023-02-29 00:00:00", "2024-12-31T23:59:59", "2024-12-31 24:00:00", "2024-13-01 00:00:00", "2024-00-01 00:00:00",
		"2024-01-00 00:00:00", "2024-04-31 00:00:00", "2024-01-01 00:60:00", "2024-01-01 00:00:60", "0000-00-00 00:00:00", "0000-01-01 00:00:00",
		"2024/01/01 00:00:00", "2024-01-01_00:00:00", "20x4-01-01 00:00:00", "2024-01-01 00:00:0/",
	} {
		same(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		same(t, rapid.StringMatching(`\d{4}-[01]\d-[0-3]\d[ T][0-2]\d:[0-6]\d:[0-6]\d`).Draw(t, "time"))
	})
}
