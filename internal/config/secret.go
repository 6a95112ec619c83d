package config

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[hidden]"

// Secret is a setting that never prints: every verb of fmt, slog and every
// encoder show a placeholder. The text is held behind a pointer so that it
// stays hidden even where its methods can't be called, as for a struct's
// unexported field. The zero Secret is not set.
type Secret struct {
	text *string
}

// UnmarshalText takes the secret's text.
func (s *Secret) UnmarshalText(b []byte) error {
	text := string(b)
	s.text = &text
	return nil
}

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.text != nil }

// Reveal is the secret itself, empty when not set.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format hides the secret from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String hides the secret from callers of String.
func (s Secret) String() string { return hidden }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
