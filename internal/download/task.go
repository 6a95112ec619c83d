// Package download fetches whole reports of the Export API, for the web pages and
// for the command line alike. What has come is kept, sealed, in a folder, so that a
// failure, a cancellation or a killed process costs at most what was on its way;
// what is complete is then written in any format, as often as wanted.
package download

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"triageboard/internal/export"
)

// Source is where reports come from: page by page, from the request's cursor on. An
// error ends the pages. A cursor that isn't taken any more is export.ErrCursor.
type Source interface {
	Report(ctx context.Context, asked export.Request) iter.Seq2[export.Page, error]
}

// Sealer seals what is kept: rows hold names. What is sealed for one purpose
// doesn't open for another.
type Sealer interface {
	Seal(plain []byte, purpose string) []byte
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Task is what is asked for, and by whom. Equal tasks are the same download.
type Task struct {
	Owner string // a user's id; empty on the command line
	Type  export.Type
	// Range must have been checked; its end doesn't lie in the future
	// (export.Range.Until), for a day that does is none to ask for.
	Range export.Range
	// National keeps the citizen service number. Without it, it isn't even kept
	// sealed (R27).
	National bool
}

// State is what has become of a download.
type State string

// The states. All but running and done can be resumed.
const (
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"    // as an error says; some days may be missing
	Cancelled State = "cancelled" // by who asked for it
	Stopped   State = "stopped"   // the program ended
)

// Why something isn't done.
var (
	ErrRunning    = errors.New("the download is running")
	ErrUnfinished = errors.New("the download isn't complete")
	ErrCancelled  = errors.New("the download was cancelled")
	ErrTooBig     = errors.New("there is no room for more")
	ErrBusy       = errors.New("too many downloads are running")
	ErrBrokeOff   = errors.New("Luscii's pages break off")
	ErrRepeats    = errors.New("Luscii's pages repeat themselves")
	ErrOther      = errors.New("the folder has another download")
	ErrDamaged    = errors.New("what was kept of the download can't be read")
)

// parts is by how many ranges a task is fetched, each from its beginning to its end:
// the days of a dated one, or all at once.
func (t Task) parts() int { return max(1, t.Range.Length()) }

func (t Task) part(i int) export.Range {
	if t.Range == (export.Range{}) {
		return export.Range{}
	}
	day := t.Range.Day(i)
	return export.Range{From: day, To: day}
}

func (t Task) report() (export.Report, error) {
	r, ok := export.Lookup(string(t.Type))
	if !ok {
		return export.Report{}, fmt.Errorf("%q: %w", t.Type, export.ErrUnknownReport)
	}
	return r, nil
}
