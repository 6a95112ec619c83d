package download

import (
	"errors"
	"strings"
	"time"

	"triageboard/internal/export"
)

// Progress is how far a download has come, at one moment.
type Progress struct {
	ID    string
	Task  Task
	State State
	Err   error // why it failed; of a former process, its sentence alone

	Rows, Pages    int
	Parts, Fetched int   // days, and those fetched whole; one part for a report without dates
	Bytes          int64 // on disk

	Begun   time.Time
	Saved   time.Time     // when something was kept last
	Ended   time.Time     // zero while it runs
	Elapsed time.Duration // in all runs
	Rate    float64       // rows a second in this run, or in the last
	Missing []Gap         // what isn't fetched, oldest first; while it runs, what broke off
	Told    []Told
	Untold  int // warnings beyond those
}

// Gap is a part of the range that isn't fetched, or not whole. Without dates it is
// of the whole report.
type Gap struct {
	Range  export.Range
	Rows   int    // that came before it broke off
	Reason string // empty: it wasn't tried
}

// Told is a warning that stood beside the data, and how often.
type Told struct {
	Warning export.Warning
	Times   int
}

// maxTold bounds how many different warnings are kept; ours.
const maxTold = 100

func (c *checkpoint) warn(w export.Warning) {
	for i := range c.Warnings {
		if c.Warnings[i].Warning == w {
			c.Warnings[i].Times++
			return
		}
	}
	if len(c.Warnings) == maxTold {
		c.Untold++
		return
	}
	// It outlives its page, whose texts may share memory.
	kept := export.Warning{Code: strings.Clone(w.Code), Message: strings.Clone(w.Message), Attribute: strings.Clone(w.Attribute)}
	c.Warnings = append(c.Warnings, Told{kept, 1})
}

// Progress is how far it has come.
func (j *Job) Progress() Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := Progress{
		ID: j.id, Task: j.task, State: j.stands(), Err: j.err,
		Rows: j.kept.Rows, Pages: j.kept.Pages, Parts: j.parts, Fetched: j.kept.Next - len(j.kept.Open),
		Bytes: j.kept.Length, Begun: j.kept.Begun, Saved: j.kept.Saved, Ended: j.kept.Ended, Elapsed: j.kept.Took,
		Told: append([]Told(nil), j.kept.Warnings...), Untold: j.kept.Untold,
		Missing: j.missing(), Rate: j.rate,
	}
	if j.kept.State == Running {
		now := time.Since(j.runSince)
		p.Elapsed += now
		p.Rate = perSecond(j.kept.Rows-j.runFrom, now)
	}
	if p.State == Running {
		p.Ended = time.Time{}
	}
	if p.Err == nil && j.kept.Failure != "" {
		p.Err = errors.New(j.kept.Failure)
	}
	return p
}

func perSecond(rows int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(rows) / took.Seconds()
}

// missing are the gaps, with those behind the last part begun unless it runs.
func (j *Job) missing() []Gap {
	var gaps []Gap
	running := j.stands() == Running
	for _, p := range j.kept.Open {
		if !running || p.Reason != "" {
			gaps = append(gaps, Gap{j.task.part(p.Index), p.Rows, p.Reason})
		}
	}
	if !running && j.kept.Next < j.parts {
		behind := j.task.part(j.kept.Next)
		behind.To = j.task.Range.To
		gaps = append(gaps, Gap{Range: behind})
	}
	return gaps
}
