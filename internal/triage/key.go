package triage

import (
	"fmt"
	"io"
	"log/slog"
)

// Key is a Luscii API key. It never prints: formatting with any verb, logging
// and encoding all show a placeholder, so that a key can't slip into an error or
// a log line. Reveal gives the key itself, for the request header and for
// sealing only.
type Key string

const hiddenKey = "[key]"

// Reveal is the key itself.
func (k Key) Reveal() string { return string(k) }

// Format hides the key from fmt, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) {
	// A failing writer is the caller's to notice; there is no way to tell them.
	_, _ = io.WriteString(f, hiddenKey)
}

// String hides the key where it is asked for as text.
func (k Key) String() string { return hiddenKey }

// LogValue hides the key from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(hiddenKey) }

// MarshalText hides the key from encoders.
func (k Key) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }
