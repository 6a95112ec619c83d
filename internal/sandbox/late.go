package sandbox

import (
	"sync"
	"sync/atomic"
	"time"
)

// late is requests that are served after their connections have ended.
type late struct {
	waiting atomic.Int64 // how many are still to be served

	mu      sync.Mutex
	closed  bool
	stopped chan struct{}
	running sync.WaitGroup
}

func newLate() *late { return &late{stopped: make(chan struct{})} }

// take serves a request so long after its connection has ended. Nothing is
// served once late is closed.
func (l *late) take(ended <-chan struct{}, by time.Duration, serve func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.waiting.Add(1)
	l.running.Go(func() {
		defer l.waiting.Add(-1)
		select {
		case <-ended:
		case <-l.stopped:
			return
		}
		timer := time.NewTimer(by)
		defer timer.Stop()
		select {
		case <-timer.C:
			serve()
		case <-l.stopped:
		}
	})
}

// close forgets what is still waiting and waits for what is being served.
func (l *late) close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.stopped)
	}
	l.mu.Unlock()
	l.running.Wait()
}
