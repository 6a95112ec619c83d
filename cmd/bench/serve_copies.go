package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// serveCopies is the role of the barest broadcast there can be: the event of the
// file is given to each stream as it is, but for when it was published.
func serveCopies(ctx context.Context, args []string, orders <-chan string) error {
	if len(args) != 1 {
		return errors.New("serve-copies FILE")
	}
	event, err := os.ReadFile(args[0]) //nolint:gosec // the one who started this program names it
	if err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	at := publishedAt.FindSubmatchIndex(event)
	if at == nil {
		return errors.New("the event doesn't say when it was published")
	}
	c := &copies{readers: map[chan []byte]bool{}}
	go publishWhenTold(ctx, orders, func(now time.Time) {
		copied := append([]byte(nil), event...)
		strconv.AppendInt(copied[:at[2]], now.UnixNano(), 10)
		c.publish(copied)
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /signin", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<main data-stream="/events?since=0">`)
	})
	mux.HandleFunc("GET /events", c.stream)
	return serve(ctx, mux)
}

// copies are the streams of a broadcast.
type copies struct {
	mu      sync.Mutex
	readers map[chan []byte]bool
}

func (c *copies) publish(event []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for reader := range c.readers {
		select {
		case reader <- event:
		default: // too slow; it will be missed
		}
	}
}

func (c *copies) stream(w http.ResponseWriter, r *http.Request) {
	mine := make(chan []byte, changesPerSecond)
	c.mu.Lock()
	c.readers[mine] = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.readers, mine)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for event := []byte(":\n\n"); ; {
		if _, err := w.Write(event); err != nil || out.Flush() != nil {
			return
		}
		select {
		case event = <-mine:
		case <-r.Context().Done():
			return
		}
	}
}
