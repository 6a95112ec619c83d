package insight_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

// million is a month of alerts of 20,000 patients in forty groups.
func million(n int) *memory {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time is what is wanted
	store := remember(31)
	step := 30 * 24 * time.Hour / time.Duration(n)
	for i := range n {
		a := triage.Alert{
			Patient: triage.PatientID(fmt.Sprint("p-", random.IntN(20_000))), Group: triage.GroupID(fmt.Sprint("g-", random.IntN(40))),
			Type: insight.Types[random.IntN(4)], Flag: insight.Flags[1+random.IntN(3)], Status: triage.StatusProcessed,
			CreatedAt: now.Add(-time.Duration(i) * step),
		}
		if i%100 == 0 {
			a.Status = triage.StatusOpen
		} else {
			a.ProcessedAt = a.CreatedAt.Add(time.Duration(random.ExpFloat64() * float64(time.Hour)))
			a.ProcessedBy = triage.HCPID(fmt.Sprint("h-", random.IntN(50)))
		}
		store.alerts = append(store.alerts, a)
	}
	store.keep()
	return store
}

// BenchmarkReport is a page of insights when the mirror has been read: all figures
// of a month of 10,000 and of 1,000,000 alerts.
func BenchmarkReport(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n, "_alerts"), func(b *testing.B) {
			at := now
			i := insights(million(n), &at)
			q := last(30)
			q.Workload = true
			if _, err := i.Report(b.Context(), q); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := i.Report(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
