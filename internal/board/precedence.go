package board

import (
	"context"
	"sync"
	"time"
)

// letPassAtMost is how long a listing waits between two pages for one that goes
// before it. Any longer, and its cursor might expire; and however busy the other
// is, this one comes to its end. Ours.
const letPassAtMost = 2 * time.Second

// precedence makes listings of other days let those of today go first, so that
// today is known as soon as the limit on requests allows.
type precedence struct {
	mu    sync.Mutex
	ended chan struct{} // closed when today has been listed; nil: it isn't being
}

// newPrecedence awaits today's first listing, with which everything begins.
func newPrecedence() *precedence { return &precedence{ended: make(chan struct{})} }

// begin says that today is being listed.
func (p *precedence) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		p.ended = make(chan struct{})
	}
}

// end says that it has been.
func (p *precedence) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.ended)
	p.ended = nil
}

// letPass waits until today isn't being listed, or has been waited for long
// enough, or ctx ends.
func (p *precedence) letPass(ctx context.Context) {
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	if ended == nil {
		return
	}
	enough := time.NewTimer(letPassAtMost)
	defer enough.Stop()
	select {
	case <-ended:
	case <-enough.C:
	case <-ctx.Done():
	}
}
