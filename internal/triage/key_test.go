package triage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// R25: a key is in no error, no log line and no encoding, whatever the verb.
func TestKeyNeverPrints(t *testing.T) {
	const secret = "luscii-key-0f9e8d"
	key := Key(secret)
	printed := map[string]string{"Sprint": fmt.Sprint(key), "error": fmt.Errorf("call: %w", errors.New("x "+key.String())).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%x", "%X", "% x", "%d", "%c", "%U", "%o", "%b", "%t", "%f", "%30s", "%-30.3s"} {
		printed[verb] = fmt.Sprintf(verb, key)
		printed[verb+" of a pointer"] = fmt.Sprintf(verb, &key)
		printed[verb+" in a struct"] = fmt.Sprintf(verb, struct{ Key Key }{key})
		printed[verb+" in a slice"] = fmt.Sprintf(verb, []Key{key})
		printed[verb+" in a map"] = fmt.Sprintf(verb, map[Key]Key{key: key})
	}
	asJSON, err := json.Marshal([]any{key, &key, struct{ Key Key }{key}})
	require.NoError(t, err)
	printed["JSON"] = string(asJSON)

	for _, handler := range []func(*bytes.Buffer) slog.Handler{
		func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var log bytes.Buffer
		slog.New(handler(&log)).Info("signed in", slog.Any("key", key), "keys", []Key{key}, slog.Group("g", "held", struct{ Key Key }{key}))
		printed[fmt.Sprintf("log %T", handler(&log))] = log.String()
	}

	for how, got := range printed {
		assert.NotContains(t, got, secret, how)
		assert.NotContains(t, strings.ToLower(got), fmt.Sprintf("%x", secret), how)
		assert.NotContains(t, strings.ToLower(got), fmt.Sprintf("% x", secret), how)
	}
	for _, verb := range []string{"%v", "%s", "%q", "%x", "%d", "%#v"} {
		assert.Equal(t, "[key]", printed[verb], verb)
	}
	assert.JSONEq(t, `["[key]","[key]",{"Key":"[key]"}]`, printed["JSON"])
	assert.Equal(t, secret, key.Reveal())
}
