package download

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"triageboard/internal/export"
)

// Job is one download: what is kept of it in a folder, and the run that fetches
// the rest. It is safe for concurrent use.
type Job struct {
	folder string
	sealer Sealer
	id     string
	task   Task
	report export.Report
	parts  int
	full   func() bool // whether there is no room for more; nil: there always is

	mu       sync.Mutex
	kept     checkpoint
	err      error
	rate     float64
	runSince time.Time
	runFrom  int   // rows when the run began
	length   int64 // of the spool, counted or not
	cancel   context.CancelCauseFunc
	ended    chan struct{} // closed when the run ends
}

// Open finds the task's download in a folder of its own, which is made if there is
// none, or begins it. The error is ErrOther where the folder has another task's, and
// ErrDamaged where what is kept can't be read, such as under another key.
func Open(folder string, task Task, sealer Sealer) (*Job, error) {
	report, err := task.report()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("keep the download: %w", err)
	}
	j := &Job{folder: folder, sealer: sealer, task: task, report: report, parts: task.parts()}
	j.kept, err = readCheckpoint(folder, sealer)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		now := time.Now()
		j.kept = checkpoint{
			Version: checkpointVersion, ID: rand.Text(), Task: task, State: Stopped, Begun: now, Saved: now, Fit: export.NewFit(report),
		}
		j.id = j.kept.ID
		return j, j.kept.write(folder, sealer)
	case err != nil:
		return nil, err
	case j.kept.Task != task:
		return nil, fmt.Errorf("of %s: %w", j.kept.Task.Type, ErrOther)
	}
	j.id = j.kept.ID
	return j, j.found()
}

// Discard removes whatever download a folder has: ErrRunning while another process
// fetches it.
func Discard(folder string) (err error) {
	rows, err := os.OpenFile(filepath.Join(folder, rowsFile), os.O_RDWR, 0)
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, rows.Close()) }()
		if err := lock(rows); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("remove the download: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the download: %w", err)
	}
	return nil
}

// reopen finds whatever download a folder has.
func reopen(folder string, sealer Sealer) (*Job, error) {
	kept, err := readCheckpoint(folder, sealer)
	if err != nil {
		return nil, err
	}
	return Open(folder, kept.Task, sealer)
}

// found settles what a former process has left.
func (j *Job) found() error {
	if j.kept.State == Running { // it was killed
		j.kept.State = Stopped
	}
	left, err := filepath.Glob(filepath.Join(j.folder, checkpointFile+"-*"))
	if err != nil {
		return fmt.Errorf("keep the download: %w", err)
	}
	for _, path := range left {
		if err := gone(os.Remove(path)); err != nil {
			return fmt.Errorf("keep the download: %w", err)
		}
	}
	return nil
}

// ID is the download's name, which tells nothing.
func (j *Job) ID() string { return j.id }

// Task is what was asked for.
func (j *Job) Task() Task { return j.task }

func (j *Job) state() State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stands()
}

// stands is the state as it is told. A run isn't over before what it came to is on
// the disk: only then can it be read, resumed or removed.
func (j *Job) stands() State {
	if j.cancel != nil {
		return Running
	}
	return j.kept.State
}

// older says whether nothing was kept for that long.
func (j *Job) older(age time.Duration) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cancel == nil && time.Since(j.kept.Saved) > age
}

// doneBefore says whether it was done longer ago than that.
func (j *Job) doneBefore(age time.Duration) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stands() == Done && time.Since(j.kept.Ended) > age
}

// size is how many bytes of rows are on the disk.
func (j *Job) size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return max(j.length, j.kept.Length)
}

// Cancel ends a run; what has come stays. It doesn't wait.
func (j *Job) Cancel() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cancel != nil {
		j.cancel(ErrCancelled)
	}
}

// Run fetches what isn't fetched yet, until it is complete (nil), can't go on or
// ctx ends. It begins where the last run ended. The error is also in Progress.
func (j *Job) Run(ctx context.Context, source Source) error {
	ctx, err := j.begin(ctx)
	if err != nil {
		return err
	}
	return j.end(ctx, j.run(ctx, source))
}

func (j *Job) begin(ctx context.Context) (context.Context, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cancel != nil {
		return nil, ErrRunning
	}
	ctx, j.cancel = context.WithCancelCause(ctx)
	j.ended = make(chan struct{})
	j.kept.State, j.err = Running, nil
	j.runSince, j.runFrom = time.Now(), j.kept.Rows
	return ctx, nil
}

func (j *Job) run(ctx context.Context, source Source) (err error) {
	s, err := openSpool(filepath.Join(j.folder, rowsFile), j.sealer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	// Another process may have gone on with it since.
	if err := j.reload(); err != nil {
		return err
	}
	if err := s.goOn(j.id, j.kept.Length); err != nil {
		return err
	}
	f := &fetch{Job: j, source: source, spool: s, pack: packer{j.report, j.task.National}, saved: time.Now()}
	err = f.all(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	j.mu.Lock()
	j.settle(ctx, err)
	j.mu.Unlock()
	if unsaved := f.save(); unsaved != nil {
		// What counts is what can be gone on with.
		err = errors.Join(err, unsaved, j.reload())
	}
	return err
}

// reload takes the checkpoint from the disk.
func (j *Job) reload() error {
	kept, err := readCheckpoint(j.folder, j.sealer)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	kept.State = Running
	j.kept, j.runFrom = kept, kept.Rows
	return nil
}

// settle decides what has become of the run.
func (j *Job) settle(ctx context.Context, err error) {
	took := time.Since(j.runSince)
	j.kept.Took += took
	j.rate = perSecond(j.kept.Rows-j.runFrom, took)
	j.kept.Ended, j.kept.Failure = time.Now(), ""
	switch {
	case err == nil:
		j.kept.State = Done
	case errors.Is(context.Cause(ctx), ErrCancelled):
		j.kept.State = Cancelled
	case ctx.Err() != nil:
		j.kept.State = Stopped
	default:
		j.kept.State, j.kept.Failure = Failed, err.Error()
	}
}

// end takes in how the run went, whatever it was that failed.
func (j *Job) end(ctx context.Context, err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.kept.State == Running {
		j.settle(ctx, err)
	}
	if err != nil && j.kept.State == Done {
		j.kept.State, j.kept.Failure = Failed, err.Error()
	}
	j.cancel(nil)
	j.cancel, j.err = nil, err
	close(j.ended)
	return err
}

// Wait waits until it doesn't run (nil) or ctx ends.
func (j *Job) Wait(ctx context.Context) error {
	j.mu.Lock()
	running, ended := j.cancel != nil, j.ended
	j.mu.Unlock()
	if !running {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Output is how a download is written.
type Output struct {
	Format export.Format
	Zone   *time.Location // assumed for times without one; nil: UTC
	// Partial writes what has come of a download that isn't complete.
	Partial bool
}

// Encode writes the fetched rows as a file and says how many they are. The error is
// ErrRunning, ErrUnfinished, ErrDamaged, export.ErrCellTooLong before anything is
// written, that of ctx or of w.
func (j *Job) Encode(ctx context.Context, w io.Writer, o Output) (rows int, err error) {
	kept, err := j.readable(o.Partial)
	if err != nil {
		return 0, err
	}
	schema := kept.Fit.Schema(export.Choice{
		Range: j.task.Range, Zone: o.Zone, Fetched: kept.Ended, National: j.task.National,
	})
	to, err := export.NewEncoder(w, o.Format, schema)
	if err != nil {
		return 0, err
	}
	for row, err := range spooled(filepath.Join(j.folder, rowsFile), j.sealer, j.id, kept.Length, kept.Void) {
		if err != nil {
			return rows, err
		}
		if err := to.Write(row); err != nil {
			return rows, err
		}
		if rows++; rows%chunkRows == 0 && ctx.Err() != nil {
			return rows, context.Cause(ctx)
		}
	}
	if rows != kept.Rows {
		return rows, fmt.Errorf("%d rows instead of %d: %w", rows, kept.Rows, ErrDamaged)
	}
	return rows, to.Close()
}

// chunkRows is how often writing looks whether anybody still wants it.
const chunkRows = 1_000

func (j *Job) readable(partial bool) (checkpoint, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cancel != nil {
		return checkpoint{}, ErrRunning
	}
	if j.kept.State != Done && !partial {
		return checkpoint{}, ErrUnfinished
	}
	kept := j.kept
	kept.Fit = kept.Fit.Clone() // a run that begins meanwhile learns on
	return kept, nil
}

// Remove deletes what is kept. A running download isn't removed: ErrRunning.
func (j *Job) Remove() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cancel != nil {
		return ErrRunning
	}
	if err := os.RemoveAll(j.folder); err != nil {
		return fmt.Errorf("remove the download: %w", err)
	}
	return nil
}
