package download

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Limits are what downloads may take.
type Limits struct {
	Running int           // at once
	Own     int           // of them, of one owner, so that others can have some; 0: all
	Bytes   int64         // on disk, of all of them
	Keep    time.Duration // after a download has ended, or was stopped
}

// tidyEvery is how often what is too old is looked for; ours.
const tidyEvery = time.Minute

// Jobs are the downloads of everybody, each in a folder of its own. It is safe for
// concurrent use.
type Jobs struct {
	folder string
	source Source
	sealer Sealer
	limits Limits
	log    *slog.Logger

	ctx     context.Context // of the runs
	stop    context.CancelFunc
	running sync.WaitGroup

	mu   sync.Mutex
	jobs []*Job // oldest first
}

// NewJobs finds the downloads that a former process has left in the folder, which is
// made if there is none. They aren't resumed by themselves. One that can't be read
// any more, after a change of keys, is removed.
func NewJobs(folder string, source Source, sealer Sealer, limits Limits, log *slog.Logger) (*Jobs, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("keep downloads: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("keep downloads: %w", err)
	}
	js := &Jobs{folder: folder, source: source, sealer: sealer, limits: limits, log: log}
	js.ctx, js.stop = context.WithCancel(context.Background())
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		j, err := reopen(path, sealer)
		if err != nil {
			log.Warn("a download is removed, since it can't be gone on with", slog.Any("error", err))
			if err := os.RemoveAll(path); err != nil {
				return nil, fmt.Errorf("remove a download: %w", err)
			}
			continue
		}
		js.jobs = append(js.jobs, j)
	}
	slices.SortStableFunc(js.jobs, func(a, b *Job) int { return a.kept.Begun.Compare(b.kept.Begun) })
	js.tidy()
	return js, nil
}

// Run removes what is too old until ctx ends. Then it stops the downloads and waits
// for them; they can be resumed by the next process. It runs once.
func (js *Jobs) Run(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			js.tidy()
		case <-ctx.Done():
			js.mu.Lock() // nothing starts from here on
			js.stop()
			js.mu.Unlock()
			js.running.Wait()
			return
		}
	}
}

// Start begins the task's download. Where there is one already, it is joined if it
// runs, given as it is if it is done, and resumed otherwise. The error is ErrBusy,
// ErrTooBig or that of Open.
func (js *Jobs) Start(task Task) (*Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.start(task)
}

// Renew is Start, but a download that was done longer ago than that is fetched anew.
// It is kept where that can't begin.
func (js *Jobs) Renew(task Task, age time.Duration) (*Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if j := js.of(task); j != nil && j.doneBefore(age) {
		if err := js.room(task.Owner, j.size()); err != nil {
			return nil, err
		}
		if err := js.remove(j); err != nil {
			return nil, err
		}
	}
	return js.start(task)
}

func (js *Jobs) start(task Task) (*Job, error) {
	if j := js.of(task); j != nil {
		return j, js.resume(j)
	}
	if err := js.room(task.Owner, 0); err != nil {
		return nil, err
	}
	j, err := Open(filepath.Join(js.folder, rand.Text()), task, js.sealer)
	if err != nil {
		return nil, err
	}
	js.jobs = append(js.jobs, j)
	return j, js.resume(j)
}

// of is the task's download, if there is one.
func (js *Jobs) of(task Task) *Job {
	for _, j := range js.jobs {
		if j.Task() == task {
			return j
		}
	}
	return nil
}

// resume runs a job that isn't done and doesn't run.
func (js *Jobs) resume(j *Job) error {
	if s := j.state(); s == Running || s == Done {
		return nil
	}
	if err := js.room(j.Task().Owner, 0); err != nil {
		return err
	}
	ctx, err := j.begin(js.ctx)
	if err != nil {
		return err
	}
	j.full = js.full
	js.running.Go(func() {
		if err := j.end(ctx, j.run(ctx, js.source)); err != nil {
			js.log.Warn("a download ended early", slog.String("report", string(j.Task().Type)), slog.Any("error", err))
		}
	})
	return nil
}

// room says whether one more of the owner may run, once so many bytes are freed.
func (js *Jobs) room(owner string, freed int64) error {
	if js.ctx.Err() != nil {
		return fmt.Errorf("the program ends: %w", ErrBusy)
	}
	running, own := 0, 0
	for _, j := range js.jobs {
		if j.state() != Running {
			continue
		}
		running++
		if j.Task().Owner == owner {
			own++
		}
	}
	if running >= js.limits.Running || js.limits.Own > 0 && own >= js.limits.Own {
		return fmt.Errorf("%d, of which %d of the same owner: %w", running, own, ErrBusy)
	}
	if kept := js.bytes() - freed; kept >= js.limits.Bytes {
		return fmt.Errorf("%d MB are kept: %w", kept>>20, ErrTooBig)
	}
	return nil
}

// full says whether the downloads take more of the disk than they may.
func (js *Jobs) full() bool {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.bytes() > js.limits.Bytes
}

func (js *Jobs) bytes() (sum int64) {
	for _, j := range js.jobs {
		sum += j.size()
	}
	return sum
}

// Find is a download of that owner; false for another's as for none.
func (js *Jobs) Find(owner, id string) (*Job, bool) {
	for _, j := range js.Of(owner) {
		if j.ID() == id {
			return j, true
		}
	}
	return nil, false
}

// Of are an owner's downloads, oldest first.
func (js *Jobs) Of(owner string) []*Job {
	js.mu.Lock()
	defer js.mu.Unlock()
	var own []*Job
	for _, j := range js.jobs {
		if j.Task().Owner == owner {
			own = append(own, j)
		}
	}
	return own
}

// Remove deletes what is kept of a download: ErrRunning while it runs.
func (js *Jobs) Remove(j *Job) error {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.remove(j)
}

func (js *Jobs) remove(j *Job) error {
	if err := j.Remove(); err != nil {
		return err
	}
	js.jobs = slices.DeleteFunc(js.jobs, func(other *Job) bool { return other == j })
	return nil
}

// tidy removes what nobody came for.
func (js *Jobs) tidy() {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range slices.Clone(js.jobs) {
		if !j.older(js.limits.Keep) {
			continue
		}
		if err := js.remove(j); err != nil && !errors.Is(err, ErrRunning) {
			js.log.Error("an old download stays on the disk", slog.Any("error", err))
		}
	}
}
