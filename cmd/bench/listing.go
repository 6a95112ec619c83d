package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"triageboard/internal/triage"
)

// perPage is the most rows that a page of the API holds.
const perPage = 200

// wireAlert is the sixteen fields of the reference page's alert object.
type wireAlert struct {
	ID            string     `json:"id"`
	UserID        string     `json:"userId"`
	GroupID       string     `json:"groupId"`
	ProtocolID    *string    `json:"protocolId"`
	ProgramID     *string    `json:"programId"`
	MeasurementID *string    `json:"measurementId"`
	InstrumentID  *string    `json:"instrumentId"`
	Type          string     `json:"type"`
	Flag          string     `json:"flag"`
	Status        string     `json:"status"`
	ProcessedAt   *time.Time `json:"processedAt"`
	ProcessedBy   *string    `json:"processedBy"`
	EscalatedAt   *time.Time `json:"escalatedAt"`
	EscalatedBy   *string    `json:"escalatedBy"`
	CreatedAt     time.Time  `json:"createdAt"`
	UpdatedAt     time.Time  `json:"updatedAt"`
}

// listing is today's alerts as the API would list them: one in twenty open, the
// others processed.
type listing struct {
	alerts int
	day    triage.Day
	pages  [][]byte
}

func newListing(alerts int, now time.Time) *listing {
	now = now.UTC().Truncate(time.Second)
	l := &listing{alerts: alerts, day: triage.DayOf(now, time.UTC)}
	midnight := now.Truncate(24 * time.Hour)
	for from := 0; from < alerts; from += perPage {
		var page struct {
			Data []wireAlert `json:"data"`
			Meta struct {
				NextCursor *string `json:"nextCursor"`
			} `json:"meta"`
		}
		for i := from; i < min(from+perPage, alerts); i++ {
			at := midnight.Add(now.Sub(midnight) * time.Duration(i) / time.Duration(alerts)).Truncate(time.Second)
			page.Data = append(page.Data, newWireAlert(i, at))
		}
		if next := from + perPage; next < alerts {
			cursor := strconv.Itoa(next / perPage)
			page.Meta.NextCursor = &cursor
		}
		text, err := json.Marshal(page)
		if err != nil { // text, times and numbers can be encoded
			panic(fmt.Sprintf("encode a page: %v", err))
		}
		l.pages = append(l.pages, text)
	}
	return l
}

func newWireAlert(i int, at time.Time) wireAlert {
	id := func(kind, n int) *string {
		text := fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n)
		return &text
	}
	a := wireAlert{
		ID: *id(1, i), UserID: *id(2, i%20_000), GroupID: *id(3, i%12), ProtocolID: id(4, i%30), ProgramID: id(5, i%8),
		MeasurementID: id(6, i), InstrumentID: id(7, i%25), Type: "mea", Flag: []string{"red", "orange", "gray"}[i%3],
		Status: "open", CreatedAt: at, UpdatedAt: at,
	}
	if i%20 != 0 {
		a.Status, a.ProcessedAt = "processed", &at
	}
	return a
}

// serveListing is the role of a Luscii that knows nothing but so many alerts of
// today, by its own clock.
func serveListing(ctx context.Context, args []string, _ <-chan string) error {
	if len(args) != 1 {
		return errors.New("serve-listing ALERTS")
	}
	alerts, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("serve-listing: %w", err)
	}
	l := newListing(alerts, time.Now())
	return serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		page := []byte(`{"data":[],"meta":{"nextCursor":null}}`)
		if q.Get("startDate") == string(l.day) {
			n, err := strconv.Atoi(q.Get("cursor"))
			if err != nil {
				n = 0
			}
			page = l.pages[min(max(n, 0), len(l.pages)-1)]
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(page) // the client notices what is missing
	}))
}
