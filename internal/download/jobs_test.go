package download

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
)

var roomy = Limits{Running: 2, Bytes: 1 << 20, Keep: 12 * time.Hour}

// slow takes a second for each page.
func slow(ctx context.Context, _ string, _ int) error {
	select {
	case <-time.After(time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// within has jobs in a folder for a while, as one process.
func within(t *testing.T, folder string, source Source, limits Limits, do func(js *Jobs)) {
	js, err := NewJobs(folder, source, newSealer(t, 1), limits, quiet)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { js.Run(ctx); close(ended) }()
	do(js)
	stop()
	<-ended
}

func of(owner string, typ export.Type) Task { return Task{Owner: owner, Type: typ} }

func TestTheSameTaskIsTheSameJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{pages: 3, rows: 2, before: slow}
		within(t, t.TempDir(), source, roomy, func(js *Jobs) {
			j, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			again, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			assert.Same(t, j, again)
			others, err := js.Start(of("u2", export.Patients))
			require.NoError(t, err)
			assert.NotSame(t, j, others)
			_, err = js.Start(of("u1", export.HCPs))
			assert.ErrorIs(t, err, ErrBusy)

			assert.Equal(t, []*Job{j}, js.Of("u1"))
			_, found := js.Find("u2", j.ID())
			assert.False(t, found, "another's")
			assert.ErrorIs(t, js.Remove(j), ErrRunning)

			time.Sleep(4 * time.Second)
			synctest.Wait()
			assert.Equal(t, Done, j.Progress().State)
			asked := len(source.asked)
			done, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			assert.Same(t, j, done, "as it is")
			assert.Len(t, source.asked, asked)

			require.NoError(t, js.Remove(j))
			assert.Empty(t, js.Of("u1"))
			fresh, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			assert.NotEqual(t, j.ID(), fresh.ID())
		})
	})
}

func TestJobsOfAFormerProcessAreFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		source := &fakeSource{pages: 10, rows: 2}
		source.before = func(ctx context.Context, day string, page int) error {
			err := slow(ctx, day, page)
			if err != nil {
				time.Sleep(time.Second) // it takes a while to notice
			}
			return err
		}
		within(t, folder, source, roomy, func(js *Jobs) {
			_, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			time.Sleep(5*time.Second + time.Millisecond)
			synctest.Wait()
		})
		require.NoError(t, os.MkdirAll(filepath.Join(folder, "of something else"), 0o700))
		within(t, folder, source, roomy, func(js *Jobs) {
			require.Len(t, js.Of("u1"), 1)
			j := js.Of("u1")[0]
			p := j.Progress()
			assert.Equal(t, Stopped, p.State)
			assert.Equal(t, 10, p.Rows)
			assert.NoDirExists(t, filepath.Join(folder, "of something else"))
			_, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			time.Sleep(time.Minute)
			synctest.Wait()
			assert.Equal(t, allOf(source, ""), ids(t, j, Output{}))
		})
	})
}

func TestOldJobsAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		source := &fakeSource{pages: 1, rows: 2}
		within(t, folder, source, roomy, func(js *Jobs) {
			j, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			time.Sleep(roomy.Keep - tidyEvery)
			synctest.Wait()
			assert.Len(t, js.Of("u1"), 1)
			time.Sleep(2 * tidyEvery)
			synctest.Wait()
			assert.Empty(t, js.Of("u1"))
			assert.NoDirExists(t, j.folder)

			_, err = js.Start(of("u1", export.HCPs))
			require.NoError(t, err)
			synctest.Wait()
		})
		time.Sleep(roomy.Keep + time.Second)
		within(t, folder, source, roomy, func(js *Jobs) {
			assert.Empty(t, js.Of("u1"), "nor are a former process's kept longer")
		})
	})
}

func TestTheDiskHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := roomy
		limits.Bytes = 40 << 10
		source := &fakeSource{pages: 10_000, rows: 100}
		within(t, t.TempDir(), source, limits, func(js *Jobs) {
			j, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			synctest.Wait()
			p := j.Progress()
			assert.Equal(t, Failed, p.State)
			assert.ErrorIs(t, p.Err, ErrTooBig)
			assert.Less(t, p.Bytes, int64(1<<20))
			_, err = js.Start(of("u1", export.HCPs))
			assert.ErrorIs(t, err, ErrTooBig)
			_, err = js.Start(of("u1", export.Patients))
			assert.ErrorIs(t, err, ErrTooBig)
			require.NoError(t, js.Remove(j))
			_, err = js.Start(of("u1", export.HCPs))
			assert.NoError(t, err)
			synctest.Wait()
		})
	})
}

// What runs at once shares the room: each for itself would fill it.
func TestTheDiskHasALimitForAllTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := Limits{Running: 3, Bytes: 600 << 10, Keep: 12 * time.Hour}
		source := &fakeSource{pages: 10_000, rows: 100, before: slow}
		within(t, t.TempDir(), source, limits, func(js *Jobs) {
			for _, owner := range []string{"u1", "u2", "u3"} {
				_, err := js.Start(of(owner, export.Patients))
				require.NoError(t, err)
			}
			time.Sleep(4 * time.Hour)
			synctest.Wait()
			js.mu.Lock()
			defer js.mu.Unlock()
			assert.Greater(t, js.bytes(), limits.Bytes)
			assert.Less(t, js.bytes(), limits.Bytes*5/4)
		})
	})
}

func TestNobodyTakesEveryPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := roomy
		limits.Own = 1
		within(t, t.TempDir(), &fakeSource{pages: 3, rows: 2, before: slow}, limits, func(js *Jobs) {
			j, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			_, err = js.Start(of("u1", export.HCPs))
			assert.ErrorIs(t, err, ErrBusy)
			again, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err, "joining takes none")
			assert.Same(t, j, again)
			_, err = js.Start(of("u2", export.HCPs))
			assert.NoError(t, err)
		})
	})
}

func TestAnOldDownloadIsKeptUntilThereIsPlaceForANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := roomy
		limits.Running = 1
		within(t, t.TempDir(), &fakeSource{pages: 3, rows: 2, before: slow}, limits, func(js *Jobs) {
			old, err := js.Start(of("u1", export.Patients))
			require.NoError(t, err)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			same, err := js.Renew(old.Task(), time.Minute)
			require.NoError(t, err)
			assert.Same(t, old, same, "it isn't old yet")
			time.Sleep(time.Minute)

			_, err = js.Start(of("u2", export.HCPs))
			require.NoError(t, err)
			_, err = js.Renew(old.Task(), time.Minute)
			assert.ErrorIs(t, err, ErrBusy)
			assert.Equal(t, []*Job{old}, js.Of("u1"), "it can still be had")
			assert.Len(t, ids(t, old, Output{}), 6)

			time.Sleep(5 * time.Second)
			synctest.Wait()
			anew, err := js.Renew(old.Task(), time.Minute)
			require.NoError(t, err)
			assert.NotEqual(t, old.ID(), anew.ID())
			assert.Equal(t, []*Job{anew}, js.Of("u1"))
			assert.NoDirExists(t, old.folder)
		})
	})
}

func TestNothingStartsAtTheEnd(t *testing.T) {
	var ended *Jobs
	within(t, t.TempDir(), &fakeSource{}, roomy, func(js *Jobs) { ended = js })
	_, err := ended.Start(of("u1", export.Patients))
	assert.ErrorIs(t, err, ErrBusy)
}
