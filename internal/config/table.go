package config

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"text/tabwriter"
)

// Setting describes one row of the table, for help texts and the README.
type Setting struct {
	Name    string // the environment variable; NAME_FILE names a file holding it
	Default string // in words where it depends on other settings; empty: none
	About   string // one line
	Secret  bool   // never shown
}

// Settings is the table, in the order it is documented.
func Settings() []Setting {
	var all []Setting
	for field := range reflect.TypeFor[Config]().Fields() {
		if name := field.Tag.Get("env"); name != "" {
			all = append(all, Setting{
				Name:    name,
				Default: cmp.Or(field.Tag.Get("envDefault"), field.Tag.Get("fallback")),
				About:   field.Tag.Get("about"),
				Secret:  field.Type == reflect.TypeFor[Secret](),
			})
		}
	}
	return all
}

func settingByField() map[string]string {
	names := map[string]string{}
	for field := range reflect.TypeFor[Config]().Fields() {
		names[field.Name] = field.Tag.Get("env")
	}
	return names
}

// shownSetting is a setting as Print shows it.
type shownSetting struct {
	name, value, origin string
}

// show is the settings as they came out, secrets hidden.
func (l *loader) show() []shownSetting {
	settled := map[string]string{
		"LUSCII_BASE_URL":        l.c.BaseURL.String(),
		"DASHBOARD_SANDBOX":      strconv.FormatBool(l.c.Sandbox),
		"DASHBOARD_PUBLIC_URL":   l.c.PublicURL.String(),
		"DASHBOARD_DATABASE_URL": l.c.DatabaseURL,
		"DASHBOARD_AUTH":         string(l.c.Auth),
	}
	var all []shownSetting
	for _, s := range Settings() {
		t := l.texts[s.Name]
		row := shownSetting{name: s.Name, value: cmp.Or(settled[s.Name], t.value, "none"), origin: "default"}
		if t.given {
			row.origin = "set"
		}
		if t.fromFile {
			row.origin = "from file"
		}
		switch {
		case s.Secret && t.given:
			row.value = hidden
		case s.Secret && s.Default != "":
			row.value = s.Default
		}
		all = append(all, row)
	}
	return all
}

// Print writes every setting with its value and whether that is the default,
// was set, or came from a file. Secrets stay hidden.
func (c Config) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range c.shown {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", row.name, row.origin, row.value); err != nil {
			return fmt.Errorf("printing the settings: %w", err)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the settings: %w", err)
	}
	return nil
}
