package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Problem is one thing wrong with the settings.
type Problem struct {
	Setting string // its name; empty where it concerns none
	Text    string // what is wrong and what would be right, in words, without any secret
}

func (p Problem) String() string {
	if p.Setting == "" {
		return p.Text
	}
	return p.Setting + ": " + p.Text
}

// Problems is everything wrong with the settings, in the order of the table.
type Problems []Problem

// Error gives one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sort() {
	place := map[string]int{"": -1}
	for i, s := range Settings() {
		place[s.Name] = i
	}
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Compare(place[a.Setting], place[b.Setting]) })
}

func (l *loader) problem(setting, text string) {
	l.problems = append(l.problems, Problem{setting, text})
}

// check reports text unless ok. A setting that has a problem already isn't
// judged further: what follows from its missing value would only mislead.
func (l *loader) check(setting string, ok bool, text string) {
	if !ok && !l.bad(setting) {
		l.problem(setting, text)
	}
}

// bad reports whether the setting has a problem already.
func (l *loader) bad(setting string) bool {
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Setting == setting })
}

// addParseErrors puts what the parser says into our words. It names struct
// fields; people know settings.
func (l *loader) addParseErrors(err error) {
	if err == nil {
		return
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		l.problem("", err.Error())
		return
	}
	names := settingByField()
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			l.problem("", fmt.Sprintf("settings can't be read: %v", err))
			continue
		}
		l.problem(names[parse.Name], parse.Err.Error())
	}
}
