package audit_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

// keeper keeps records in memory, and fails as long as it is told to.
type keeper struct {
	mu      sync.Mutex
	records []audit.Record
	appends int
	head    audit.Head
	fails   error
	old     int // how many records are old enough to be purged
	before  time.Time
}

func (k *keeper) AppendAudit(_ context.Context, c *audit.Chain, events ...audit.Event) ([]audit.Record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fails != nil {
		return nil, k.fails
	}
	k.appends++
	records, head, err := c.Link(k.head, events...)
	k.records, k.head = append(k.records, records...), head
	return records, err
}

func (k *keeper) AuditRecords(context.Context, audit.Filter) iter.Seq2[audit.Record, error] {
	return each(k.records)
}

func (k *keeper) AuditHead(context.Context) (audit.Head, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.head, nil
}

func (k *keeper) PurgeAudit(_ context.Context, _ *audit.Chain, before time.Time) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.old
	k.old, k.before = 0, before
	return n, nil
}

func (k *keeper) set(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fails = err
}

func (k *keeper) kept(t *testing.T) []audit.Event {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []audit.Event
	for _, r := range k.records {
		e, err := r.Event()
		require.NoError(t, err)
		out = append(out, e)
	}
	return out
}

type desk struct {
	*audit.Recorder
	keeper   keeper
	out, log bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{}
	d.Recorder = audit.NewRecorder(audit.Options{
		Keeper: &d.keeper, Chain: newChain(t), Out: &d.out, Organisation: "board.test", Years: 5,
		Log: slog.New(slog.NewTextHandler(&d.log, nil)),
	})
	return d
}

var errFull = errors.New("disk full")

// R20: what may go on only once it is recorded learns when it isn't.
func TestRecordIsKeptOrFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		e := event(1)
		e.At = time.Time{}
		require.NoError(t, d.Record(t.Context(), e))
		kept := d.keeper.kept(t)
		require.Len(t, kept, 1)
		assert.True(t, kept[0].At.Equal(time.Now()), "when it was recorded")
		assert.Equal(t, "board.test", kept[0].Organisation)
		assert.Equal(t, 1, strings.Count(d.out.String(), "\n"))
		assert.True(t, strings.HasPrefix(d.out.String(), `{"audit":{"key":`))

		d.keeper.set(errFull)
		require.ErrorIs(t, d.Record(t.Context(), event(2)), errFull)
		assert.Equal(t, 1, strings.Count(d.out.String(), "\n"), "what isn't kept isn't told")
	})
}

// R46: what is done, and that it was done, are kept together or not at all.
func TestRecordWithKeepsBothOrNeither(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		kept := 0
		keep := func(ctx context.Context, c *audit.Chain, events []audit.Event) ([]audit.Record, error) {
			records, err := d.keeper.AppendAudit(ctx, c, events...)
			if err == nil {
				kept++
			}
			return records, err
		}
		given := []audit.Event{event(1), event(2)}
		given[0].At, given[0].Organisation = time.Time{}, ""
		require.NoError(t, d.RecordWith(t.Context(), given, keep))
		assert.Equal(t, 1, kept)
		events := d.keeper.kept(t)
		require.Len(t, events, 2)
		assert.True(t, events[0].At.Equal(time.Now()), "completed as any other")
		assert.Equal(t, "board.test", events[0].Organisation)
		assert.True(t, given[0].At.IsZero(), "the caller's own stay as they are")
		assert.Equal(t, 2, strings.Count(d.out.String(), "\n"))
		told := d.out.String()

		d.keeper.set(errFull)
		require.ErrorIs(t, d.RecordWith(t.Context(), given, keep), errFull)
		assert.Equal(t, 1, kept)
		assert.Equal(t, told, d.out.String(), "what isn't kept isn't told")

		d.keeper.set(nil)
		require.NoError(t, d.RecordWith(t.Context(), nil, keep), "a step that says nothing new is kept without a record")
		assert.Equal(t, 2, kept)
		assert.Len(t, d.keeper.kept(t), 2)
		assert.Equal(t, told, d.out.String())
	})
}

// Whoever records at once, with something else or alone, records one after the
// other: what goes out is in the chain's order.
func TestRecordWithIsInOrder(t *testing.T) {
	d := newDesk(t)
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			if n%2 == 0 {
				assert.NoError(t, d.Record(t.Context(), event(n)))
				return
			}
			assert.NoError(t, d.RecordWith(t.Context(), []audit.Event{event(n)}, func(ctx context.Context, c *audit.Chain, events []audit.Event) ([]audit.Record, error) {
				return d.keeper.AppendAudit(ctx, c, events...)
			}))
		})
	}
	all.Wait()
	var want bytes.Buffer
	require.NoError(t, audit.WriteStream(&want, d.keeper.records))
	assert.Equal(t, want.String(), d.out.String())
}

func TestQueuedEventsAreKeptTogetherWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		for n := range 50 {
			require.NoError(t, d.Queue(t.Context(), event(n)))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Len(t, d.keeper.kept(t), 50)
		assert.Equal(t, 1, d.keeper.appends)
		stop()
		running.Wait()
		assert.Equal(t, 50, strings.Count(d.out.String(), "\n"))
	})
}

// A disk that is full for a while loses nothing; whoever would show more waits.
func TestTheQueueBlocksInsteadOfDropping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.keeper.set(errFull)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		queued := 0
		for {
			hurried, done := context.WithTimeout(t.Context(), 10*time.Second)
			err := d.Queue(hurried, event(queued))
			done()
			if err != nil {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				break
			}
			queued++
		}
		assert.Greater(t, queued, 1_000)
		d.keeper.set(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Len(t, d.keeper.kept(t), queued)
		assert.Contains(t, d.log.String(), errFull.Error())
		stop()
		running.Wait()
	})
}

func TestWhatIsQueuedIsKeptWhenTheProgramStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		for n := range 3 {
			require.NoError(t, d.Queue(t.Context(), event(n)))
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		d.Run(ctx)
		assert.Len(t, d.keeper.kept(t), 3)

		d.keeper.set(errFull)
		require.NoError(t, d.Queue(t.Context(), event(4)))
		d.Run(ctx)
		assert.Contains(t, d.log.String(), "audit events are lost")
	})
}

// R21: the head goes to the log every minute, while it changes, and at the end.
func TestHeadsGoToTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		heads := func() int { return strings.Count(d.log.String(), "head=") }
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Zero(t, heads(), "nothing happened yet")
		for range 3 {
			require.NoError(t, d.Record(t.Context(), event(1)))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, 1, heads())
		assert.Contains(t, d.log.String(), "head="+d.keeper.head.String())
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		assert.Equal(t, 1, heads(), "nothing new")
		require.NoError(t, d.Record(t.Context(), event(1)))
		stop()
		running.Wait()
		assert.Equal(t, 2, heads(), "the last one is told at the end")
	})
}

func TestOldRecordsGoDaily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		synctest.Wait()
		assert.Empty(t, d.keeper.kept(t), "nothing is old enough")
		d.keeper.mu.Lock()
		d.keeper.old = 7
		d.keeper.mu.Unlock()
		time.Sleep(24*time.Hour + time.Second)
		synctest.Wait()
		kept := d.keeper.kept(t)
		require.Len(t, kept, 1)
		assert.Equal(t, audit.AuditPurged, kept[0].Action)
		assert.Equal(t, 7, kept[0].Details.Rows)
		assert.WithinDuration(t, time.Now().AddDate(-5, 0, 0), d.keeper.before, time.Minute)
		stop()
		running.Wait()
	})
}
