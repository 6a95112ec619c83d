package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"triageboard/internal/auth"
	"triageboard/internal/config"
	"triageboard/internal/download"
	"triageboard/internal/export"
)

// exporter carries out one order.
type exporter struct {
	order  exportOrder
	config config.Config
	source download.Source
	env    environment
	shown  bool // progress, on a terminal
}

func newExporter(c config.Config, env environment, source download.Source, o exportOrder) *exporter {
	return &exporter{order: o, config: c, source: source, env: env, shown: isTerminal(env.stderr)}
}

// isTerminal says whether somebody may be looking.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (e *exporter) run(ctx context.Context) error {
	sealer, err := e.sealer()
	if err != nil {
		return err
	}
	if e.order.all {
		if err := os.MkdirAll(e.order.out, 0o700); err != nil {
			return fmt.Errorf("make the folder: %w", err)
		}
	}
	failed := 0
	for _, r := range e.order.reports {
		err := e.recorded(ctx, r, sealer)
		switch {
		case err == nil:
		case !e.order.all || ctx.Err() != nil:
			return err
		case r.Newer && errors.Is(err, export.ErrUnknownReport):
			e.say("%s: left out, since this Luscii doesn't know it", r.Type) // few do
		default:
			failed++
			e.say("%v", err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d reports aren't complete", failed, len(e.order.reports))
	}
	return nil
}

// sealer seals what is kept until a file is written under a key that follows from
// the service key: who may read the reports may read that, and nobody else.
func (e *exporter) sealer() (*auth.Sealer, error) {
	key, err := hkdf.Key(sha256.New, []byte(e.config.APIKey.Reveal()), nil, "triage board: export of "+e.config.BaseURL.String(), 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return auth.NewSealer(base64.StdEncoding.EncodeToString(key))
}

func (e *exporter) say(format string, args ...any) {
	fmt.Fprintf(e.env.stderr, "dashboard: "+format+"\n", args...)
}

// one fetches one report and writes it.
func (e *exporter) one(ctx context.Context, r export.Report, sealer download.Sealer) (rows int, err error) {
	task := download.Task{Type: r.Type, Range: e.order.asked[r.Type], National: e.order.bsn}
	path := e.order.out
	if e.order.all {
		path = filepath.Join(path, string(r.Type)+"."+string(e.order.format))
	}
	folder, err := e.folder(path, task)
	if err != nil {
		return 0, err
	}
	j, err := e.open(folder, task, sealer)
	if err != nil {
		return 0, err
	}
	e.announce(j.Progress())
	failure := e.fetch(ctx, j)
	e.warn(j.Progress())
	if failure != nil && (!e.order.partial || ctx.Err() != nil) {
		return 0, e.unfinished(j, failure)
	}
	o := download.Output{Format: e.order.format, Zone: e.config.Timezone, Partial: e.order.partial}
	write := func(w io.Writer) (err error) {
		rows, err = j.Encode(ctx, w, o)
		return err
	}
	if path == "-" {
		err = write(e.env.stdout)
	} else {
		err = replace(path, folder, write)
	}
	if errors.Is(err, download.ErrDamaged) {
		err = errors.Join(err, j.Remove())
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", r.Type, inWords(err))
	}
	if failure != nil {
		return rows, e.unfinished(j, failure)
	}
	if e.shown {
		fmt.Fprintf(e.env.stderr, "%s: %d rows\n", r.Type, rows)
	}
	return rows, j.Remove()
}

// folder is where what was fetched is kept: beside the file, or in the user's own
// folder for such things.
func (e *exporter) folder(path string, task download.Task) (string, error) {
	if path != "-" {
		return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".download"), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder to keep what is fetched (HOME or XDG_CACHE_HOME): %w", err)
	}
	name := sha256.Sum256(fmt.Append(nil, task, e.config.BaseURL))
	folder := filepath.Join(cache, "triage-board", "exports")
	return filepath.Join(folder, hex.EncodeToString(name[:8])), dropStale(folder)
}

// dropStale removes what nobody will go on with: whoever reads the output may have
// gone away and not come back.
func dropStale(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at what is kept: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) <= staleAfter { // it is gone, or in use
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
			return fmt.Errorf("remove what was kept: %w", err)
		}
	}
	return nil
}

// open goes on with what is kept of the task, unless it is of another, can't be
// read or is too old.
func (e *exporter) open(folder string, task download.Task, sealer download.Sealer) (*download.Job, error) {
	j, err := download.Open(folder, task, sealer)
	switch {
	case errors.Is(err, download.ErrDamaged), errors.Is(err, download.ErrOther):
		if err := download.Discard(folder); err != nil {
			return nil, fmt.Errorf("%s: %w", task.Type, inWords(err))
		}
	case err != nil:
		return nil, err
	case time.Since(j.Progress().Saved) > staleAfter:
		if err := j.Remove(); err != nil {
			return nil, err
		}
	default:
		return j, nil
	}
	return download.Open(folder, task, sealer)
}

// announce tells what is known before.
func (e *exporter) announce(p download.Progress) {
	if p.Parts > longRange {
		least := time.Duration(float64(p.Parts-p.Fetched) / e.config.MaxRPS * float64(time.Second))
		e.say("%s: %d days are at least as many requests: at LUSCII_MAX_RPS=%v they take %s or more",
			p.Task.Type, p.Parts, e.config.MaxRPS, max(least.Round(time.Second), time.Second))
	}
	if e.shown && p.Rows > 0 {
		e.say("%s: %d rows are here already; the rest is fetched", p.Task.Type, p.Rows)
	}
}

// progressEvery is how often progress is shown; ours.
const progressEvery = 250 * time.Millisecond

// fetch runs the job, and shows how far it is to who looks.
func (e *exporter) fetch(ctx context.Context, j *download.Job) error {
	if j.Progress().State == download.Done {
		return nil
	}
	if !e.shown {
		return j.Run(ctx, e.source)
	}
	var showing sync.WaitGroup
	ended := make(chan struct{})
	showing.Go(func() {
		for ticker := time.NewTicker(progressEvery); ; {
			select {
			case <-ticker.C:
				fmt.Fprint(e.env.stderr, "\r\x1b[K", progressLine(j.Progress()))
			case <-ended:
				ticker.Stop()
				fmt.Fprint(e.env.stderr, "\r\x1b[K")
				return
			}
		}
	})
	err := j.Run(ctx, e.source)
	close(ended)
	showing.Wait()
	return err
}

func progressLine(p download.Progress) string {
	line := fmt.Sprintf("%s: %d rows, %d pages", p.Task.Type, p.Rows, p.Pages)
	if p.Parts > 1 {
		line += fmt.Sprintf(", %d of %d days", p.Fetched, p.Parts)
	}
	return line + fmt.Sprintf(", %.0f rows a second, %s", p.Rate, p.Elapsed.Round(time.Second))
}

// warn tells what stood beside the data.
func (e *exporter) warn(p download.Progress) {
	for _, told := range p.Told {
		w := told.Warning
		e.say("%s: warning from Luscii, %d times: code %q, attribute %q: %q", p.Task.Type, told.Times, w.Code, w.Attribute, w.Message)
	}
	if p.Untold > 0 {
		e.say("%s: %d more warnings", p.Task.Type, p.Untold)
	}
}

// maxGaps is how many gaps are listed; ours.
const maxGaps = 20

// unfinished says what is missing, and what to do about it.
func (e *exporter) unfinished(j *download.Job, err error) error {
	p := j.Progress()
	err = fmt.Errorf("%s: %w", p.Task.Type, inWords(err))
	if p.Rows == 0 {
		return errors.Join(err, j.Remove())
	}
	var gaps []string
	for _, g := range p.Missing {
		if g.Range == (export.Range{}) {
			continue
		}
		days := g.Range.From
		if g.Range.To != g.Range.From {
			days += " to " + g.Range.To
		}
		gaps = append(gaps, days)
	}
	if more := len(gaps) - maxGaps; more > 0 {
		gaps = append(gaps[:maxGaps], fmt.Sprintf("and %d more", more))
	}
	missing := ""
	if len(gaps) > 0 {
		missing = "; missing: " + strings.Join(gaps, ", ")
	}
	return fmt.Errorf("%w%s; %d rows are kept, and the same command goes on from there", err, missing, p.Rows)
}

// replace writes a file for its owner's eyes, under its name only once it is
// complete. Until then it is in the folder of what is kept, on the same disk, and
// goes with that: rows in clear that a killed process left would stay for ever.
func replace(path, folder string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(folder, "*.tmp")
	if err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	defer func() {
		if left := os.Remove(file.Name()); left != nil && !errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, left)
		}
	}()
	if err = write(file); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
