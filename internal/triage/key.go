package triage

import "log/slog"

// Key is a Luscii API key. It never prints: formatting, logging and encoding
// all show a placeholder, so that a key can't slip into an error or a log line.
// Reveal gives the key itself, for the request header and for sealing only.
type Key string

const hiddenKey = "[key]"

// Reveal is the key itself.
func (k Key) Reveal() string { return string(k) }

// String hides the key from fmt.
func (k Key) String() string { return hiddenKey }

// GoString hides the key from %#v.
func (k Key) GoString() string { return hiddenKey }

// LogValue hides the key from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(hiddenKey) }

// MarshalText hides the key from encoders.
func (k Key) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }
