package download

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
)

func TestADatedReportIsFetchedDayByDay(t *testing.T) {
	source := &fakeSource{pages: 3, rows: 2}
	j := open(t, t.TempDir(), fourDays)
	require.NoError(t, j.Run(t.Context(), source))
	assert.Equal(t, allOf(source, theDays...), ids(t, j, Output{}))
	var asked []string
	for _, a := range source.asked {
		assert.Equal(t, a.Range.From, a.Range.To)
		asked = append(asked, a.Range.From)
	}
	assert.Equal(t, theDays, asked)
	p := j.Progress()
	assert.Equal(t, Done, p.State)
	assert.Equal(t, []int{24, 12, 4, 4}, []int{p.Rows, p.Pages, p.Parts, p.Fetched})
	assert.Empty(t, p.Missing)
}

// Downloads stay in memory until they are removed: many of two thousand years each
// must not fill it.
func TestALongRangeTakesNoMemory(t *testing.T) {
	task := Task{Type: export.Alerts, Range: export.Range{From: "0001-01-01", To: "2026-11-23"}}
	folder := t.TempDir()
	pieces := testing.AllocsPerRun(3, func() { assert.Equal(t, 739_943, open(t, folder, task).Progress().Parts) })
	assert.Less(t, pieces, 1_000.0)
}

func TestAnUndatedReportIsFetchedWhole(t *testing.T) {
	source := &fakeSource{pages: 3, rows: 2}
	j := open(t, t.TempDir(), everyone)
	require.NoError(t, j.Run(t.Context(), source))
	assert.Equal(t, allOf(source, ""), ids(t, j, Output{}))
	assert.Equal(t, []export.Request{{Type: export.Patients}}, source.asked)
}

// Every format is written from what was fetched once, as often as wanted.
func TestAllFormats(t *testing.T) {
	j := open(t, t.TempDir(), everyone)
	_, err := j.Encode(t.Context(), &bytes.Buffer{}, Output{Format: export.CSV})
	assert.ErrorIs(t, err, ErrUnfinished)
	require.NoError(t, j.Run(t.Context(), &fakeSource{pages: 2, rows: 1500}))
	for _, f := range export.Formats() {
		n, err := j.Encode(t.Context(), &bytes.Buffer{}, Output{Format: f})
		assert.NoError(t, err)
		assert.Equal(t, 3000, n)
		ended, end := context.WithCancel(t.Context())
		end()
		_, err = j.Encode(ended, &bytes.Buffer{}, Output{Format: f})
		assert.ErrorIs(t, err, context.Canceled)
	}
}

// failing has the page fail as long as it isn't told to stop.
func failing(day string, page int, err error) (fail *error, before func(context.Context, string, int) error) {
	return &err, func(_ context.Context, d string, p int) error {
		if d == day && p == page {
			return err
		}
		return nil
	}
}

func TestAFailureCostsNoOtherDay(t *testing.T) {
	source := &fakeSource{pages: 3, rows: 2}
	fail, before := failing(theDays[1], 2, errDown)
	source.before = before
	folder := t.TempDir()
	j := open(t, folder, fourDays)
	err := j.Run(t.Context(), source)
	require.ErrorIs(t, err, errDown)
	assert.EqualError(t, err, "1 of 4 days aren't fetched whole: Luscii unavailable")
	p := j.Progress()
	assert.Equal(t, Failed, p.State)
	assert.Equal(t, 3, p.Fetched)
	assert.Equal(t, []Gap{{export.Range{From: theDays[1], To: theDays[1]}, 2, "Luscii unavailable"}}, p.Missing)
	_, err = j.Encode(t.Context(), &bytes.Buffer{}, Output{Format: export.CSV})
	assert.ErrorIs(t, err, ErrUnfinished)
	assert.Len(t, ids(t, j, Output{Partial: true}), 20, "what has come isn't lost")

	// Another process goes on where it broke off.
	*fail = nil
	source.asked = nil
	j = open(t, folder, fourDays)
	assert.Equal(t, "1 of 4 days aren't fetched whole: Luscii unavailable", j.Progress().Err.Error())
	require.NoError(t, j.Run(t.Context(), source))
	assert.Equal(t, []export.Request{{Type: export.Alerts, Range: export.Range{From: theDays[1], To: theDays[1]}, Cursor: "2"}}, source.asked)
	assert.ElementsMatch(t, allOf(source, theDays...), ids(t, j, Output{}))
}

func TestAnOutageIsGivenUp(t *testing.T) {
	source := &fakeSource{pages: 1, rows: 1, before: func(_ context.Context, day string, _ int) error {
		if day > theDays[0] {
			return errDown
		}
		return nil
	}}
	j := open(t, t.TempDir(), fourDays)
	assert.EqualError(t, j.Run(t.Context(), source), "3 of 4 days aren't fetched whole: Luscii unavailable")
	assert.Len(t, source.asked, 3, "the last day wasn't tried")
	assert.Equal(t, Gap{Range: export.Range{From: theDays[3], To: theDays[3]}}, j.Progress().Missing[2])
}

func TestAReportNobodyKnowsIsNotAskedTwice(t *testing.T) {
	source := &fakeSource{pages: 1, before: func(context.Context, string, int) error { return export.ErrUnknownReport }}
	assert.ErrorIs(t, open(t, t.TempDir(), fourDays).Run(t.Context(), source), export.ErrUnknownReport)
	assert.Len(t, source.asked, 1)
}

func TestAnExpiredCursorCostsItsDayAlone(t *testing.T) {
	source := &fakeSource{pages: 3, rows: 2}
	once := true
	source.before = func(_ context.Context, day string, page int) error {
		if day == theDays[2] && page == 3 && once {
			once = false
			return export.ErrCursor
		}
		return nil
	}
	j := open(t, t.TempDir(), fourDays)
	require.NoError(t, j.Run(t.Context(), source))
	assert.Len(t, source.asked, 5)
	assert.Equal(t, allOf(source, theDays...), ids(t, j, Output{}), "nothing twice")
	assert.Equal(t, 24, j.Progress().Rows)
}

func TestACursorThatAlwaysExpiresFails(t *testing.T) {
	_, before := failing("", 2, export.ErrCursor)
	source := &fakeSource{pages: 2, rows: 1, before: before}
	j := open(t, t.TempDir(), everyone)
	assert.ErrorIs(t, j.Run(t.Context(), source), export.ErrCursor)
	assert.Len(t, source.asked, 1+rereads)
}

func TestPagesThatRepeat(t *testing.T) {
	source := &fakeSource{pages: 3, rows: 2}
	source.change = func(_ string, page int, p *export.Page) {
		if page == 3 {
			p.Next = "2"
		}
	}
	j := open(t, t.TempDir(), everyone)
	require.ErrorIs(t, j.Run(t.Context(), source), ErrRepeats)
	assert.Len(t, ids(t, j, Output{Partial: true}), 6, "what has come isn't lost")
	source.change = nil
	require.NoError(t, j.Run(t.Context(), source))
	assert.Equal(t, allOf(source, ""), ids(t, j, Output{}), "read again, since none of its cursors leads on")

	// A cursor that leads to itself, in a run that begins with it.
	fail, before := failing("", 2, errDown)
	source.before = before
	j = open(t, t.TempDir(), everyone)
	require.ErrorIs(t, j.Run(t.Context(), source), errDown)
	*fail = nil
	source.change = func(_ string, _ int, p *export.Page) { p.Next = "2" }
	require.ErrorIs(t, j.Run(t.Context(), source), ErrRepeats)
	source.change = nil
	require.NoError(t, j.Run(t.Context(), source))
	assert.Equal(t, allOf(source, ""), ids(t, j, Output{}))

	source.change = func(_ string, _ int, p *export.Page) { p.Next = "more" }
	source.pages = 1
	j = open(t, t.TempDir(), everyone)
	assert.ErrorIs(t, j.Run(t.Context(), source), ErrBrokeOff)
}

// A process that is killed leaves what it saved last, and perhaps half a chunk.
func TestAKilledProcessIsGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, killed := t.TempDir(), t.TempDir()
		source := &fakeSource{pages: 10, rows: 2}
		source.before = func(_ context.Context, day string, page int) error {
			time.Sleep(saveEvery / 2)
			if day == theDays[1] && page == 8 {
				require.NoError(t, os.CopyFS(filepath.Join(killed, "of"), os.DirFS(folder)))
			}
			return nil
		}
		require.NoError(t, open(t, folder, fourDays).Run(t.Context(), source))

		killed = filepath.Join(killed, "of")
		require.NoError(t, os.Rename(killed, filepath.Join(filepath.Dir(killed), filepath.Base(folder))))
		killed = filepath.Join(filepath.Dir(killed), filepath.Base(folder))
		rows, err := os.OpenFile(filepath.Join(killed, rowsFile), os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		_, err = rows.WriteString("half a chunk")
		require.NoError(t, err)
		require.NoError(t, rows.Close())
		require.NoError(t, os.WriteFile(filepath.Join(killed, checkpointFile+"-1"), nil, 0o600))

		j := open(t, killed, fourDays)
		p := j.Progress()
		assert.Equal(t, Stopped, p.State)
		assert.GreaterOrEqual(t, p.Pages, 15)
		source.asked = nil
		require.NoError(t, j.Run(t.Context(), source))
		assert.NotEmpty(t, source.asked[0].Cursor)
		assert.Equal(t, allOf(source, theDays...), ids(t, j, Output{}))
		assert.NoFileExists(t, filepath.Join(killed, checkpointFile+"-1"))
	})
}

// A process that is killed between a part's last page and the next part: nothing of
// the part comes again.
func TestAProcessIsKilledBehindALastPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, killed := filepath.Join(t.TempDir(), "job"), filepath.Join(t.TempDir(), "job")
		source := &fakeSource{pages: 2, rows: 2}
		source.before = func(_ context.Context, day string, page int) error {
			if day == theDays[2] && page == 1 {
				require.NoError(t, os.CopyFS(killed, os.DirFS(folder)))
			}
			time.Sleep(saveEvery) // each page is kept
			return nil
		}
		require.NoError(t, open(t, folder, fourDays).Run(t.Context(), source))

		j := open(t, killed, fourDays)
		assert.Equal(t, 4, j.Progress().Pages, "two days were kept")
		source.before = nil
		require.NoError(t, j.Run(t.Context(), source))
		assert.Equal(t, allOf(source, theDays...), ids(t, j, Output{}))
	})
}

// An order of other days must not take a running one's rows away.
func TestOnlyWhatNobodyFetchesIsDiscarded(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "kept")
	require.NoError(t, Discard(folder), "nothing is there")
	asked, goOn := make(chan struct{}), make(chan struct{})
	source := &fakeSource{pages: 1, rows: 2, before: func(context.Context, string, int) error {
		close(asked)
		<-goOn
		return nil
	}}
	j := open(t, folder, everyone)
	ended := make(chan error)
	go func() { ended <- j.Run(t.Context(), source) }()
	<-asked
	assert.ErrorIs(t, Discard(folder), ErrRunning)
	close(goOn)
	require.NoError(t, <-ended)
	assert.Equal(t, allOf(source, ""), ids(t, j, Output{}))
	require.NoError(t, Discard(folder))
	assert.NoDirExists(t, folder)
}

func TestCancelAndProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{pages: 10, rows: 5}
		source.before = func(ctx context.Context, _ string, _ int) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		source.change = func(_ string, _ int, p *export.Page) { p.Warnings = []export.Warning{{Code: "odd"}} }
		folder := t.TempDir()
		j := open(t, folder, fourDays)
		ended := make(chan error)
		go func() { ended <- j.Run(t.Context(), source) }()
		time.Sleep(12*time.Second + time.Millisecond)
		synctest.Wait()
		p := j.Progress()
		assert.Equal(t, Running, p.State)
		assert.Equal(t, []int{60, 12, 1, 4}, []int{p.Rows, p.Pages, p.Fetched, p.Parts})
		assert.InDelta(t, 5, p.Rate, 0.01)
		assert.InDelta(t, 12, p.Elapsed.Seconds(), 0.01)
		assert.Equal(t, []Told{{export.Warning{Code: "odd"}, 12}}, p.Told)
		assert.ErrorIs(t, j.Run(t.Context(), source), ErrRunning)
		assert.ErrorIs(t, j.Remove(), ErrRunning)
		_, err := j.Encode(t.Context(), &bytes.Buffer{}, Output{Format: export.CSV, Partial: true})
		assert.ErrorIs(t, err, ErrRunning)

		j.Cancel()
		assert.ErrorIs(t, <-ended, ErrCancelled)
		p = j.Progress()
		assert.Equal(t, Cancelled, p.State)
		assert.Equal(t, 60, p.Rows, "what has come stays")
		assert.Equal(t, []Gap{
			{export.Range{From: theDays[1], To: theDays[1]}, 10, ""}, {Range: export.Range{From: theDays[2], To: theDays[3]}},
		}, p.Missing)

		j = open(t, folder, fourDays)
		assert.Equal(t, Cancelled, j.Progress().State)
		source.before = nil
		require.NoError(t, j.Run(t.Context(), source))
		assert.Equal(t, allOf(source, theDays...), ids(t, j, Output{}))
	})
}

// Nothing that was fetched can be read in the folder.
func TestWhatIsKeptIsSealed(t *testing.T) {
	folder := t.TempDir()
	j := open(t, folder, everyone)
	require.NoError(t, j.Run(t.Context(), &fakeSource{pages: 20, rows: 200}))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for _, e := range entries {
		kept, err := os.ReadFile(filepath.Join(folder, e.Name()))
		require.NoError(t, err)
		assert.NotEmpty(t, kept)
		assert.NotContains(t, string(kept), marked[:8])
		assert.NotContains(t, string(kept), "Patient_UUID")
		info, err := e.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	_, err = Open(folder, everyone, newSealer(t, 2))
	assert.ErrorIs(t, err, ErrDamaged, "under another key")
	require.NoError(t, j.Remove())
	assert.NoDirExists(t, folder)
}

// R27
func TestTheCitizenServiceNumberIsKeptOnlyIfAskedFor(t *testing.T) {
	source := &fakeSource{pages: 1, rows: 1, change: func(_ string, _ int, p *export.Page) {
		p.Rows[0].Unknown = append(p.Rows[0].Unknown, export.Field{Name: "otherBSN", Value: export.Value{Text: "111222333", Set: true}},
			export.Field{Name: "Identifiers", Value: export.Value{Text: `[{"system":"https://x/bsn","value":"111222333"}]`, Set: true}})
	}}
	for _, asked := range []bool{false, true} {
		j := open(t, t.TempDir(), Task{Type: export.Patients, National: asked})
		require.NoError(t, j.Run(t.Context(), source))
		var kept []export.Row
		for row, err := range spooled(filepath.Join(j.folder, rowsFile), j.sealer, j.id, j.kept.Length, nil) {
			require.NoError(t, err)
			kept = append(kept, row)
		}
		assert.Equal(t, asked, kept[0].Cells[patients.Index("BSN")].Set)
		assert.Equal(t, asked, kept[0].Unknown[1].Value.Set)
		assert.Equal(t, asked, kept[0].Unknown[2].Value.Set)
		var file bytes.Buffer
		_, err := j.Encode(t.Context(), &file, Output{Format: export.CSV})
		require.NoError(t, err)
		assert.Equal(t, asked, bytes.Contains(file.Bytes(), []byte("123456782")))
		assert.Equal(t, asked, bytes.Contains(file.Bytes(), []byte("111222333")))
	}
}

func TestWhatIsDamagedIsSaid(t *testing.T) {
	folder := t.TempDir()
	j := open(t, folder, everyone)
	require.NoError(t, j.Run(t.Context(), &fakeSource{pages: 20, rows: 200}))
	path := filepath.Join(folder, rowsFile)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := range 40 {
		damaged := bytes.Clone(whole)
		damaged[at*len(whole)/40] ^= 0x40
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := j.Encode(t.Context(), &bytes.Buffer{}, Output{Format: export.NDJSON})
		assert.ErrorIs(t, err, ErrDamaged)
	}
	require.NoError(t, os.WriteFile(path, whole[:len(whole)-1], 0o600))
	assert.ErrorIs(t, open(t, folder, everyone).Run(t.Context(), &fakeSource{}), ErrDamaged)
}

func TestDiskTrouble(t *testing.T) {
	t.Run("not a folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		_, err := Open(filepath.Join(file, "folder"), everyone, newSealer(t, 1))
		assert.ErrorContains(t, err, "keep the download: ")
	})
	t.Run("full", func(t *testing.T) {
		if _, err := os.Stat("/dev/full"); err != nil {
			t.Skip("this system has no /dev/full")
		}
		folder := t.TempDir()
		j := open(t, folder, fourDays)
		require.NoError(t, os.Symlink("/dev/full", filepath.Join(folder, rowsFile)))
		source := &fakeSource{pages: 3, rows: 2}
		err := j.Run(t.Context(), source)
		require.ErrorContains(t, err, "no space left on device")
		assert.Len(t, source.asked, 1, "no other day is tried")
		p := j.Progress()
		assert.Equal(t, Failed, p.State)
		assert.Zero(t, p.Rows, "nothing is kept, so nothing is said to be")

		require.NoError(t, os.Remove(filepath.Join(folder, rowsFile)))
		require.NoError(t, j.Run(t.Context(), source))
		assert.Equal(t, allOf(source, theDays...), ids(t, j, Output{}))
	})
	t.Run("another process", func(t *testing.T) {
		folder := t.TempDir()
		j := open(t, folder, everyone)
		other, err := openSpool(filepath.Join(folder, rowsFile), j.sealer)
		require.NoError(t, err)
		assert.ErrorIs(t, j.Run(t.Context(), &fakeSource{}), ErrRunning)
		require.NoError(t, other.close())
	})
	t.Run("another task", func(t *testing.T) {
		folder := t.TempDir()
		open(t, folder, everyone)
		_, err := Open(folder, fourDays, newSealer(t, 1))
		assert.ErrorIs(t, err, ErrOther)
	})
}

func TestColumnsWithoutEnd(t *testing.T) {
	source := &fakeSource{pages: 1, rows: 1, change: func(_ string, _ int, p *export.Page) {
		for i := range 2_000 {
			p.Rows[0].Unknown = append(p.Rows[0].Unknown, export.Field{Name: string(rune('一' + i))})
		}
	}}
	err := open(t, t.TempDir(), fourDays).Run(t.Context(), source)
	assert.True(t, errors.Is(err, export.ErrTooManyColumns), err)
	assert.Len(t, source.asked, 1)
}
