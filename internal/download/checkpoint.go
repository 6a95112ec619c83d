package download

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"triageboard/internal/export"
)

// The files of a download's folder.
const (
	checkpointFile = "checkpoint"
	rowsFile       = "rows"
)

// checkpointVersion changes when older checkpoints can't be gone on with.
const checkpointVersion = 1

// checkpoint is how far a download has come: what the rows file holds that counts,
// and where to go on.
type checkpoint struct {
	Version int
	ID      string
	Task    Task
	State   State
	Failure string // a sentence

	Begun, Saved, Ended time.Time

	Took time.Duration // in all runs that ended

	Next   int    // the first part that wasn't begun
	Open   []part // those begun that aren't complete
	Length int64
	Void   []span // of parts that had to be read again
	Rows   int
	Pages  int
	Fit    *export.Fit

	Warnings []Told
	Untold   int // warnings beyond those
}

// part is a part of the task that was begun.
type part struct {
	Index  int
	Cursor string // of the page to go on with; empty: the first
	Whole  bool   // its last page has come, though it isn't settled yet
	Anew   bool   // no cursor of it leads on
	Spans  []span // where its rows are
	Rows   int
	Pages  int
	Reason string // why it broke off
}

func checkpointPurpose(folder string) string {
	return "checkpoint of the download in " + filepath.Base(folder)
}

// readCheckpoint reads what was kept in a folder; fs.ErrNotExist where nothing was,
// ErrDamaged where it can't be gone on with.
func readCheckpoint(folder string, sealer Sealer) (checkpoint, error) {
	var c checkpoint
	sealed, err := os.ReadFile(filepath.Join(folder, checkpointFile))
	if err != nil {
		return c, fmt.Errorf("read the checkpoint: %w", err)
	}
	plain, err := sealer.Open(sealed, checkpointPurpose(folder))
	if err != nil {
		return c, fmt.Errorf("%w: the checkpoint: %w", ErrDamaged, err)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fmt.Errorf("%w: the checkpoint isn't one", ErrDamaged)
	}
	if c.Version != checkpointVersion || c.Fit == nil {
		return c, fmt.Errorf("%w: the checkpoint is of another version", ErrDamaged)
	}
	return c, nil
}

// write keeps the checkpoint in place of the former one, all or nothing.
func (c checkpoint) write(folder string, sealer Sealer) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode the checkpoint: %w", err)
	}
	file, err := os.CreateTemp(folder, checkpointFile+"-*")
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	_, err = file.Write(sealer.Seal(plain, checkpointPurpose(folder)))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(folder, checkpointFile))
	}
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", errors.Join(err, gone(os.Remove(file.Name()))))
	}
	return nil
}

// gone is an error of a removal; that there is nothing isn't one.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
