package download

import (
	"iter"
	"sync"
)

// aheadBy is how many of something are made while the former is used; ours. Pages
// and chunks are small.
const aheadBy = 2

// ahead has what comes made while the former is used: on another processor. It ends
// only when nothing is made any more; stop hurries that.
func ahead[T any](all iter.Seq2[T, error], stop func()) iter.Seq2[T, error] {
	type one struct {
		made T
		err  error
	}
	return func(yield func(T, error) bool) {
		coming, enough := make(chan one, aheadBy), make(chan struct{})
		var making sync.WaitGroup
		making.Go(func() {
			defer close(coming)
			for made, err := range all {
				select {
				case coming <- one{made, err}:
				case <-enough:
					return
				}
			}
		})
		defer making.Wait()
		defer stop()
		defer close(enough)
		for next := range coming {
			if !yield(next.made, next.err) {
				return
			}
		}
	}
}
