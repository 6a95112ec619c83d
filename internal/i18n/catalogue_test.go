package i18n_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/i18n"
)

// forms are a message's texts: one under "", or plural forms by their names.
type forms map[string]string

// catalogue reads one language's file, as it was written.
func catalogue(t *testing.T, lang string) map[string]forms {
	t.Helper()
	body, err := os.ReadFile("catalogue/" + lang + ".json")
	require.NoError(t, err)
	var texts map[string]any
	require.NoError(t, json.Unmarshal(body, &texts))
	out := map[string]forms{}
	for key, text := range texts {
		out[key] = forms{}
		switch text := text.(type) {
		case string:
			out[key][""] = text
		case map[string]any:
			for name, form := range text {
				out[key][name] = form.(string)
			}
		default:
			require.Fail(t, "neither a text nor plural forms", key)
		}
	}
	return out
}

func load(t *testing.T) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load()
	require.NoError(t, err)
	return b
}

func TestEveryLanguageSaysTheSame(t *testing.T) {
	require.Equal(t, []string{"nl", "en"}, i18n.Languages)
	dutch := catalogue(t, "nl")
	require.NotEmpty(t, dutch)
	for _, lang := range i18n.Languages[1:] {
		other := catalogue(t, lang)
		assert.Equal(t, slices.Sorted(maps.Keys(dutch)), slices.Sorted(maps.Keys(other)), "the same keys in %s", lang)
		for key, texts := range other {
			assert.Equal(t, slices.Sorted(maps.Keys(dutch[key])), slices.Sorted(maps.Keys(texts)), "%s: the same forms", key)
			for form, text := range texts {
				assert.Equal(t, verbs(dutch[key][form]), verbs(text), "%s: the same arguments", key)
			}
		}
	}
}

func TestTextsAreWhole(t *testing.T) {
	for _, lang := range i18n.Languages {
		l := load(t).Match(lang, "")
		for key, texts := range catalogue(t, lang) {
			for form, text := range texts {
				assert.NotEmpty(t, strings.TrimSpace(text), "%s %s", lang, key)
				assert.Equal(t, strings.TrimSpace(text), text, "%s %s: space at an end", lang, key)
				assert.Contains(t, []string{"", "one", "other"}, form, "%s %s", lang, key)
			}
			if _, plural := texts[""]; !plural {
				assert.Len(t, texts, 2, "%s %s: one and other", lang, key)
			}
			assert.True(t, l.Has(key), key)
			var args []any
			for _, verb := range verbs(anyOf(texts)) {
				args = append(args, map[string]any{"s": "x", "d": 3}[verb])
			}
			said := l.T(key, args...)
			assert.NotContains(t, said, "%", "%s %s", lang, key)
			assert.NotEmpty(t, said, "%s %s", lang, key)
			assert.NotEqual(t, key, said, "%s %s shows itself", lang, key)
		}
	}
}

func anyOf(texts forms) string { return texts[slices.Min(slices.Collect(maps.Keys(texts)))] }

// A key written twice would hide its first text.
func TestKeysStandOnce(t *testing.T) {
	for _, lang := range i18n.Languages {
		body, err := os.ReadFile("catalogue/" + lang + ".json")
		require.NoError(t, err)
		d := json.NewDecoder(bytes.NewReader(body))
		seen, depth, isKey := map[string]bool{}, 0, false
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			switch token {
			case json.Delim('{'):
				depth++
				isKey = true
				continue
			case json.Delim('}'):
				depth--
				isKey = true
				continue
			}
			if isKey && depth == 1 {
				assert.False(t, seen[token.(string)], "%s: %s", lang, token)
				seen[token.(string)] = true
			}
			isKey = !isKey
		}
		assert.Len(t, seen, len(catalogue(t, lang)))
	}
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*\d*(?:\.\d+)?([a-zA-Z%])`)

// verbs are the kinds of a text's arguments, by their places.
func verbs(text string) []string {
	byPlace := map[int]string{}
	next := 1
	for _, found := range verb.FindAllStringSubmatch(text, -1) {
		if found[2] == "%" {
			continue
		}
		if found[1] != "" {
			_, _ = fmt.Sscan(found[1], &next) // digits, by the pattern
		}
		byPlace[next] = found[2]
		next++
	}
	out := []string{}
	for place := 1; place <= len(byPlace); place++ {
		out = append(out, byPlace[place])
	}
	return out
}
