// Package i18n holds the words of the interface, Dutch and English, and the
// forms that dates, ages and waiting times take in each.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

//go:embed catalogue/*.json
var catalogues embed.FS

// Languages are the languages there is a catalogue for, the first being the
// one taken when a browser asks for none of them.
var Languages = []string{"nl", "en"}

// Bundle is every language's Locale.
type Bundle struct {
	locales map[string]*Locale
	matcher language.Matcher
}

// Load reads the embedded catalogues. It fails when one can't be parsed.
func Load() (*Bundle, error) {
	b := &Bundle{locales: map[string]*Locale{}}
	builder := catalog.NewBuilder(catalog.Fallback(language.Dutch))
	var tags []language.Tag
	for _, lang := range Languages {
		tag, err := language.Parse(lang)
		if err != nil {
			return nil, fmt.Errorf("language %s: %w", lang, err)
		}
		keys, err := fill(builder, tag)
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", lang, err)
		}
		tags = append(tags, tag)
		b.locales[lang] = &Locale{
			Lang: lang, keys: keys,
			printer: message.NewPrinter(tag, message.Catalog(builder)),
		}
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// fill adds one catalogue's messages to builder. A message is a text, or an
// object of plural forms chosen by its first argument.
func fill(builder *catalog.Builder, tag language.Tag) (map[string]bool, error) {
	body, err := catalogues.ReadFile("catalogue/" + tag.String() + ".json")
	if err != nil {
		return nil, err
	}
	var texts map[string]any
	if err := json.Unmarshal(body, &texts); err != nil {
		return nil, err
	}
	keys := make(map[string]bool, len(texts))
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		keys[key] = true
		switch text := texts[key].(type) {
		case string:
			err = builder.SetString(tag, key, text)
		case map[string]any:
			err = builder.Set(tag, key, plural.Selectf(1, "%d", "one", text["one"], "other", text["other"]))
		default:
			err = fmt.Errorf("is neither a text nor plural forms")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return keys, nil
}

// Match chooses the language: the one preferred if there is a catalogue for it,
// else the best for the browser's Accept-Language.
func (b *Bundle) Match(preferred, accept string) *Locale {
	if l, ok := b.locales[preferred]; ok {
		return l
	}
	// What a browser sends that doesn't parse counts as no wish at all.
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		wanted = nil
	}
	_, i, _ := b.matcher.Match(wanted...)
	return b.locales[Languages[i]]
}

// Locale says things in one language.
type Locale struct {
	Lang    string // "nl" or "en"
	keys    map[string]bool
	printer *message.Printer
	// spans is how each length of time met is said: every row of every page says
	// one, and a month has but some 2,000 that differ.
	spans sync.Map // time.Duration → string
}

// Has reports whether the catalogue holds the key.
func (l *Locale) Has(key string) bool { return l.keys[key] }

// T is the text under key with its arguments filled in, numbers in the
// language's form. A key that isn't there shows itself; a test keeps that from
// happening.
func (l *Locale) T(key string, args ...any) string {
	if !l.keys[key] {
		return key
	}
	return l.printer.Sprintf(message.Key(key, key), args...)
}

// Number is n in the language's form, such as "1.234".
func (l *Locale) Number(n int) string { return l.printer.Sprintf("%d", n) }

// Decimal is v to one place in the language's form, such as "4,2".
func (l *Locale) Decimal(v float64) string { return l.printer.Sprintf("%.1f", v) }
