package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/config"
	"triageboard/internal/download"
	"triageboard/internal/export"
)

// brokenReports give a page a day with a warning beside it, and of one day only
// half.
type brokenReports struct {
	day     string
	whole   bool // now
	unknown bool // the report isn't known
	long    bool // a cell is
}

func (b *brokenReports) Report(_ context.Context, asked export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		if b.unknown {
			yield(export.Page{}, export.ErrUnknownReport)
			return
		}
		page := export.Page{
			Rows:     []export.Row{{Cells: []export.Value{{Text: "of " + asked.Range.From + asked.Cursor, Set: true}}}},
			Warnings: []export.Warning{{Code: "slow", Message: "Try\nlater."}},
		}
		if b.long {
			page.Rows[0].Cells[0].Text = strings.Repeat("x", 40_000)
		}
		if asked.Range.From == b.day && asked.Cursor == "" {
			page.Next = "behind"
			if !yield(page, nil) {
				return
			}
			page.Next, asked.Cursor = "", "behind"
			page.Rows = []export.Row{{Cells: []export.Value{{Text: "of " + b.day + "behind", Set: true}}}}
		}
		if asked.Cursor == "behind" && !b.whole {
			yield(export.Page{}, errors.New("the page breaks off"))
			return
		}
		yield(page, nil)
	}
}

// exported runs an order in a folder, and answers its stderr.
func exported(t *testing.T, folder string, source *brokenReports, args ...string) (string, error) {
	var o exportOrder
	o.out = filepath.Join(folder, "alerts.csv")
	for _, a := range args {
		o.partial = o.partial || a == "--partial"
	}
	require.NoError(t, o.choose([]string{"alerts"}, export.Range{From: "2026-01-01", To: "2026-01-03"}, time.Now()))
	format := ""
	if slices.Contains(args, "--xlsx") {
		format = "xlsx"
	}
	require.NoError(t, o.place(format))
	env := environment{getenv: func(name string) string {
		return map[string]string{
			"LUSCII_API_KEY": "k", "DASHBOARD_DATABASE_URL": "sqlite:" + filepath.Join(folder, "none.db"),
		}[name]
	}, stdout: &strings.Builder{}, stderr: &strings.Builder{}}
	c, err := config.Load(nil, env.getenv)
	require.NoError(t, err)
	err = newExporter(c, env, source, o).run(t.Context())
	return env.stderr.(*strings.Builder).String(), err
}

func firstCells(t *testing.T, folder string) []string {
	file, err := os.ReadFile(filepath.Join(folder, "alerts.csv"))
	require.NoError(t, err)
	var cells []string
	for _, line := range strings.Split(strings.TrimSpace(string(file)), "\n")[1:] {
		cell, _, _ := strings.Cut(line, ",")
		cells = append(cells, cell)
	}
	return cells
}

func TestADayThatBreaksOff(t *testing.T) {
	folder := t.TempDir()
	source := &brokenReports{day: "2026-01-02"}
	said, err := exported(t, folder, source)
	require.ErrorContains(t, err, "alerts: 1 of 3 days aren't fetched whole: the page breaks off; missing: 2026-01-02; "+
		"3 rows are kept, and the same command goes on from there")
	assert.Equal(t, `dashboard: alerts: warning from Luscii, 3 times: code "slow", attribute "": "Try\nlater."`+"\n", said)
	assert.NoFileExists(t, filepath.Join(folder, "alerts.csv"))

	_, err = exported(t, folder, source, "--partial")
	require.ErrorContains(t, err, "missing: 2026-01-02")
	assert.Equal(t, []string{"of 2026-01-01", "of 2026-01-02", "of 2026-01-03"}, firstCells(t, folder), "what could be fetched")

	source.whole = true
	_, err = exported(t, folder, source)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"of 2026-01-01", "of 2026-01-02", "of 2026-01-02behind", "of 2026-01-03"}, firstCells(t, folder))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing but the file")
}

func TestAFileThatCannotBeWritten(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "full"), 0o700))
	path := filepath.Join(folder, "full", "alerts.csv")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
	kept := t.TempDir()
	err := replace(path, kept, func(w io.Writer) error {
		_, err := w.Write([]byte("half"))
		halves, globbing := filepath.Glob(filepath.Join(kept, "*.tmp"))
		assert.Len(t, halves, 1, "where the next run takes it away, should this one be killed")
		return errors.Join(err, globbing, errors.New("no space left on device"))
	})
	assert.ErrorContains(t, err, "no space left on device")
	still, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "before", string(still))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

// What another process fetches to the same place stays, whatever this one is asked
// for.
func TestARunningExportIsNotTakenApart(t *testing.T) {
	folder := t.TempDir()
	e := exporter{config: config.Config{BaseURL: &url.URL{}}}
	sealer, err := e.sealer()
	require.NoError(t, err)
	kept := filepath.Join(folder, ".alerts.csv.download")
	others, err := download.Open(kept, download.Task{Type: export.HCPs}, sealer)
	require.NoError(t, err)
	asked, goOn := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() { ended <- others.Run(t.Context(), waitingReports{asked, goOn}) }()
	<-asked
	_, err = e.open(kept, download.Task{Type: export.Alerts}, sealer)
	assert.ErrorIs(t, err, download.ErrRunning)
	assert.ErrorContains(t, err, "alerts: another export to the same place is running")
	close(goOn)
	require.NoError(t, <-ended)
	j, err := e.open(kept, download.Task{Type: export.Alerts}, sealer)
	require.NoError(t, err)
	assert.Equal(t, export.Alerts, j.Task().Type, "once it doesn't run, the new order goes before")
}

// waitingReports gives an empty page once it may.
type waitingReports struct{ asked, goOn chan struct{} }

func (w waitingReports) Report(context.Context, export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		close(w.asked)
		<-w.goOn
		yield(export.Page{}, nil)
	}
}

func TestACellTooLongForASpreadsheetIsSaid(t *testing.T) {
	_, err := exported(t, t.TempDir(), &brokenReports{long: true}, "--xlsx")
	assert.ErrorContains(t, err, "alerts: ")
	assert.ErrorContains(t, err, "take another format; what was fetched is kept for the same file")
}

// As root, a rename would put a file in the place of /dev/null.
func TestOnlyAFileIsReplaced(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // nobody connected
	o := exportOrder{out: socket}
	assert.ErrorContains(t, o.place("csv"), "is no file; take - for the output")
}

func TestAReportLusciiDoesNotKnow(t *testing.T) {
	_, err := exported(t, t.TempDir(), &brokenReports{unknown: true})
	assert.ErrorContains(t, err, "alerts: this Luscii doesn't know the report")
}

func TestStaleDownloadsAreDropped(t *testing.T) {
	folder := t.TempDir()
	for name, age := range map[string]time.Duration{"old": staleAfter + time.Minute, "new": 0} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.Mkdir(path, 0o700))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-age)))
	}
	require.NoError(t, dropStale(folder))
	assert.NoDirExists(t, filepath.Join(folder, "old"))
	assert.DirExists(t, filepath.Join(folder, "new"))
	assert.NoError(t, dropStale(filepath.Join(folder, "none")))
}
