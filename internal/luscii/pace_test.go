package luscii

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// Reports live on a fifth of the limit and on what the sweeps leave of theirs.
// However busy both are, a tenth is left for clinicians, and a sweep has its
// seven tenths.
func TestReportsComeLast(t *testing.T) {
	const perSecond, seconds = 10, 60
	for name, tt := range map[string]struct {
		sweeping         bool
		sweeps           int // at least
		reports, atMost  int // of the requests, in that time
		clinicianWaitsMs int64
	}{
		"alone":         {false, 0, 7 * seconds, 9*seconds + 2, 200},
		"beside sweeps": {true, 7*seconds - 5, 2*seconds - 10, 2*seconds + 10, 300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				reports, sweeps := 0, 0
				c := serveInBubble(t, func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					if r.Method == http.MethodPost {
						reports++
						answerJSON(w, http.StatusOK, `{"data":[]}`)
						return
					}
					sweeps++
					answerJSON(w, http.StatusOK, data(""))
				}, func(o *Options) { o.MaxRPS = perSecond })

				start, end := time.Now(), time.Now().Add(seconds*time.Second)
				var all sync.WaitGroup
				keepDoing := func(do func()) {
					all.Go(func() {
						for time.Now().Before(end) {
							do()
						}
					})
				}
				for range 3 { // several downloads at once
					keepDoing(func() {
						_, err := collect(c.Report(t.Context(), export.Request{Type: export.StarRatings}))
						assert.NoError(t, err)
					})
				}
				for range 2 {
					if tt.sweeping {
						keepDoing(func() {
							_, err := c.list(t)
							assert.NoError(t, err)
						})
					}
				}
				time.Sleep(time.Until(start.Add(seconds * time.Second / 2)))
				asked := time.Now()
				_, err := collect(c.Records(triage.Urgent(t.Context()), sampleAlert))
				assert.NoError(t, err)
				assert.LessOrEqual(t, time.Since(asked).Milliseconds(), tt.clinicianWaitsMs)
				all.Wait()

				assert.GreaterOrEqual(t, sweeps, tt.sweeps)
				assert.GreaterOrEqual(t, reports, tt.reports)
				assert.LessOrEqual(t, reports, tt.atMost)
			})
		})
	}
}
