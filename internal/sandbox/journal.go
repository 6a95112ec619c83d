package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

const journalVersion = 1

// header is a journal's first line: what the population follows from.
type header struct {
	Version  int    `json:"sandbox"`
	Seed     uint64 `json:"seed"`
	Patients int    `json:"patients"`
	Open     int    `json:"open"`
	Alerts   int    `json:"alerts,omitempty"` // 0: the usual number
	Epoch    stamp  `json:"epoch"`
}

// flags are the options that make such a population.
func (h header) flags() string {
	return fmt.Sprintf("--seed %d --patients %d --open %d --alerts %d", h.Seed, h.Patients, h.Open, h.Alerts)
}

// headerStart is what every journal begins with, by header's first field.
const headerStart = `{"sandbox":`

// entry is every other line: one change that was applied, or one alert that
// arrived. At is the moment it carries in the API.
type entry struct {
	At      stamp      `json:"at"`
	Change  *change    `json:"change,omitempty"`
	Arrival *wireAlert `json:"arrival,omitempty"`
}

// journal is an append-only file of JSON lines. Each line is one write call,
// made before its change is answered: what was answered survives the process
// being killed. It isn't safe for concurrent use.
type journal struct {
	header  header
	file    *os.File // nil: memory only
	size    int64    // of the whole lines
	changes []entry  // those that are changes, with a file or without
}

// openJournal opens or begins the journal at path, memory only if that is
// empty. A stored header's epoch wins over the wanted one's; in all else they
// must agree. A last line torn by a crash is cut off with a warning.
func openJournal(path string, want header, logger *slog.Logger) (*journal, error) {
	if path == "" {
		return &journal{header: want}, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sandbox state: %w", err)
	}
	j := &journal{header: want, file: file}
	if err := j.begin(logger); err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox state %s: %w", path, err), file.Close())
	}
	return j, nil
}

// begin finds the end of the last whole line and checks or writes the header.
func (j *journal) begin(logger *slog.Logger) error {
	first, whole, size, err := scan(j.file)
	if err != nil {
		return err
	}
	if size > 0 && !strings.HasPrefix(first, headerStart) && !strings.HasPrefix(headerStart, first) {
		return errors.New("the file is no sandbox state; nothing was changed")
	}
	if whole > 0 {
		if err := j.check(first); err != nil {
			return err
		}
	}
	if whole < size {
		logger.Warn("sandbox state: the last line was torn and is cut off", "bytes", size-whole)
		if err := j.file.Truncate(whole); err != nil {
			return err
		}
	}
	j.size = whole
	if whole == 0 {
		return j.append(j.header)
	}
	return nil
}

// check takes over a stored header or says what to do about it.
func (j *journal) check(line string) error {
	var stored header
	if err := json.Unmarshal([]byte(line), &stored); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if stored.Version != journalVersion {
		return fmt.Errorf("it is of version %d, this program writes %d: delete it to start anew", stored.Version, journalVersion)
	}
	want := j.header
	want.Epoch = stored.Epoch
	if stored != want {
		return fmt.Errorf("it was made with %s, asked for are %s: use the former, or delete it to start anew", stored.flags(), want.flags())
	}
	j.header = stored
	return nil
}

// replay hands over every entry in the order written. A line that can't be
// read or done is an error that names it.
func (j *journal) replay(do func(entry) error) error {
	if j.file == nil {
		return nil
	}
	lines := bufio.NewScanner(io.NewSectionReader(j.file, 0, j.size))
	lines.Buffer(nil, 8*maxBody) // escaping can make six bytes of one
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			continue
		}
		var e entry
		err := json.Unmarshal(lines.Bytes(), &e)
		if err == nil {
			err = do(e)
		}
		if err != nil {
			return fmt.Errorf("sandbox state %s, line %d: %w", j.file.Name(), n, err)
		}
		j.remember(e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("sandbox state %s: %w", j.file.Name(), err)
	}
	return nil
}

// write adds an entry.
func (j *journal) write(e entry) error {
	if j.file != nil {
		if err := j.append(e); err != nil {
			return fmt.Errorf("sandbox state: %w", err)
		}
	}
	j.remember(e)
	return nil
}

func (j *journal) remember(e entry) {
	if e.Change != nil {
		j.changes = append(j.changes, e)
	}
}

// append writes one line by one call. What a failed call left behind is cut
// off again, so that the next line doesn't join it.
func (j *journal) append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	n, err := j.file.WriteAt(append(line, '\n'), j.size)
	if err != nil {
		if n > 0 {
			err = errors.Join(err, j.file.Truncate(j.size))
		}
		return err
	}
	j.size += int64(n)
	return nil
}

// Close closes the file; a second time does nothing.
func (j *journal) Close() error {
	if j.file == nil {
		return nil
	}
	if err := j.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("sandbox state: %w", err)
	}
	return nil
}

// scan reads a journal through: its first line without the newline (or what
// there is of it), the length of its whole lines, and its length.
func scan(file io.Reader) (first string, whole, size int64, err error) {
	r := bufio.NewReader(file)
	for n := 0; ; n++ {
		line, err := r.ReadBytes('\n')
		if n == 0 {
			first = string(bytes.TrimSuffix(line, []byte("\n")))
		}
		size += int64(len(line))
		if err == io.EOF {
			return first, whole, size, nil
		}
		if err != nil {
			return "", 0, 0, err
		}
		whole = size
	}
}
