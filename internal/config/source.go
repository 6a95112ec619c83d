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
			if value, err = readFile(file, s.Secret); err != nil {
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

// readFile is what the file of a setting holds. Of a secret's the errors don't name
// it: somebody may have given the secret itself in place of its file's name.
func readFile(path string, secret bool) (string, error) {
	file := fmt.Sprintf("the file %q", path)
	if secret {
		file = "the file"
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fileProblem(file, err)
	}
	defer func() { _ = f.Close() }() // only read from
	content, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return "", fileProblem(file, err)
	}
	if len(content) > maxFileSize {
		return "", fmt.Errorf("%s is larger than %d bytes", file, maxFileSize)
	}
	return string(content), nil
}

func fileProblem(file string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s doesn't exist", file)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read by this program", file)
	}
	if named := (*fs.PathError)(nil); errors.As(err, &named) {
		err = named.Err // without the name
	}
	return fmt.Errorf("%s can't be read: %w", file, err)
}
