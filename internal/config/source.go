package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// A setting's file holds one value: more than this is the wrong file.
const maxFileSize = 64 << 10

// loader is one run of Load.
type loader struct {
	c        Config
	texts    map[string]text // by setting: what was given or is the default
	problems Problems
}

// text is a setting as it was written down.
type text struct {
	value    string
	given    bool // in the environment or a file, even if that can't be read
	fromFile bool
}

// gather asks for every known setting and its NAME_FILE, and answers what the
// parser is to see.
func (l *loader) gather(getenv func(string) string) map[string]string {
	environment := map[string]string{}
	for _, s := range Settings() {
		value, file := getenv(s.Name), getenv(s.Name+"_FILE")
		if value == "" && file == "" {
			continue
		}
		l.texts[s.Name] = text{given: true, fromFile: file != ""}
		if value != "" && file != "" {
			l.problem(s.Name, fmt.Sprintf("given twice, here and as %s_FILE: keep one", s.Name))
			continue
		}
		if file != "" {
			var err error
			if value, err = readFile(file); err != nil {
				l.problem(s.Name, fmt.Sprintf("%s_FILE: %v", s.Name, err))
				continue
			}
		}
		value = strings.TrimSpace(value)
		if value == "" {
			// Taking it for unset could start the sandbox over a lost secret.
			l.problem(s.Name, "given, but blank: give a value or leave it out")
			continue
		}
		environment[s.Name] = value
	}
	return environment
}

// note remembers a setting's text for Print and for the rules.
func (l *loader) note(name, value string) {
	t := l.texts[name]
	t.value = value
	l.texts[name] = t
}

// given reports whether the setting was given in any way.
func (l *loader) given(name string) bool { return l.texts[name].given }

func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fileProblem(path, err)
	}
	defer func() { _ = f.Close() }() // only read from
	content, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return "", fileProblem(path, err)
	}
	if len(content) > maxFileSize {
		return "", fmt.Errorf("the file %q is larger than %d bytes", path, maxFileSize)
	}
	return string(content), nil
}

func fileProblem(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the file %q doesn't exist", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the file %q may not be read by this program", path)
	}
	return fmt.Errorf("the file %q can't be read: %w", path, err)
}
