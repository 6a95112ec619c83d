package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"triageboard/internal/program"
)

const (
	together     = 200 // actions in bulk
	oneByOne     = 200 // actions accepted one after the other
	actionsLimit = 50  // requests a second to Luscii, for the board and for the baseline
	putsAtOnce   = 8   // as many as the board has under way
	listedRows   = 200 // the most a page of the API holds
)

// measureActions has many alerts of one day acted on together, beside bare PUTs
// and one listing of that day under the same limit; and looks how long the board
// takes to accept an action.
func measureActions(ctx context.Context, b *bench) (err error) {
	dir, err := b.folder("actions")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	s, err := b.startSandbox(ctx, hospital{patients: 3000, open: 20_000, arrivals: "0"})
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, s.Process) }()
	d, err := b.readWindow(ctx, boardSettings{dir: dir, upstream: s.URL, key: s.ServiceKey, rps: actionsLimit, poll: pollEvery}, s, 5*time.Minute)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, d.Process) }()
	c, err := signedIn(ctx, d.url, "en", s.admin.SignIn())
	if err != nil {
		return err
	}
	day, ids, err := s.openOfOneDay(ctx, 2*together+oneByOne)
	if err != nil {
		return err
	}

	bare, err := s.barePuts(ctx, day, ids[:together])
	if err != nil {
		return err
	}
	bulk, err := c.actTogether(ctx, ids[together:2*together])
	if err != nil {
		return err
	}
	of := fmt.Sprintf("%d requests/s", actionsLimit)
	r := &b.report
	r.add(of, fmt.Sprintf("%d actions in bulk, until the last is confirmed", together), duration(bulk), seconds).against(duration(bare)).ratioAtMost(1.2)

	accepted, err := c.actOneByOne(ctx, ids[2*together:])
	if err != nil {
		return err
	}
	r.add("one after the other", "POST → pending row, p50", accepted.percentile(50), millis)
	r.add("one after the other", "POST → pending row, p99", accepted.percentile(99), millis).atMost(20, 0)
	return nil
}

// listedAlert is what the API's list says of an alert, as far as it matters here.
type listedAlert struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// openOfOneDay finds a day of the last weeks with at least n open alerts.
func (s *sandboxed) openOfOneDay(ctx context.Context, n int) (string, []string, error) {
	for back := 1; back < 28; back++ {
		day := time.Now().UTC().AddDate(0, 0, -back).Format(time.DateOnly)
		listed, err := s.listDay(ctx, day, func() error { return nil })
		if err != nil {
			return "", nil, err
		}
		var open []string
		for _, a := range listed {
			if a.Status == "open" {
				open = append(open, a.ID)
			}
		}
		if len(open) >= n {
			return day, open[:n], nil
		}
	}
	return "", nil, fmt.Errorf("no day of the sandbox has %d open alerts", n)
}

// listDay lists one day's alerts; before is called before each request.
func (s *sandboxed) listDay(ctx context.Context, day string, before func() error) ([]listedAlert, error) {
	var all []listedAlert
	query := url.Values{"startDate": {day}, "endDate": {day}, "perPage": {fmt.Sprint(listedRows)}}
	for {
		if err := before(); err != nil {
			return nil, err
		}
		var page struct {
			Meta struct {
				NextCursor string `json:"nextCursor"`
			} `json:"meta"`
			Data []listedAlert `json:"data"`
		}
		if err := s.ask(ctx, http.MethodGet, "/v1/alerts?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if page.Meta.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.Meta.NextCursor)
	}
}

// barePuts is how long one listing of the day and a PUT for each of its alerts
// take, under the board's limit and as many at once: what nobody could do faster.
func (s *sandboxed) barePuts(ctx context.Context, day string, ids []string) (time.Duration, error) {
	pace := rate.NewLimiter(actionsLimit, 1)
	begun := time.Now()
	if _, err := s.listDay(ctx, day, func() error { return pace.Wait(ctx) }); err != nil {
		return 0, err
	}
	work := make(chan string)
	failed := make([]error, putsAtOnce)
	var all sync.WaitGroup
	for i := range putsAtOnce {
		all.Go(func() {
			for id := range work {
				err := pace.Wait(ctx)
				if err == nil {
					err = s.ask(ctx, http.MethodPut, "/v1/alerts/"+url.PathEscape(id), map[string]any{"status": "processed", "category": nil, "additionalInfo": "measured"}, nil)
				}
				failed[i] = errors.Join(failed[i], err)
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	all.Wait()
	return time.Since(begun), errors.Join(failed...)
}

// ask asks the sandbox's API with the clinician's key.
func (s *sandboxed) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	var send bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&send).Encode(body); err != nil {
			return fmt.Errorf("ask the sandbox: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, &send)
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.admin.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("ask the sandbox: it answers %s", resp.Status), err)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("ask the sandbox: %w", err)
	}
	return nil
}

var (
	seenField = regexp.MustCompile(`name="(seen\.[^"]+)" value="([^"]+)"`)
	batchAt   = regexp.MustCompile(`hx-get="([^"]*/batches/[^"]*)"`)
	confirmed = regexp.MustCompile(`data-state="confirmed"`)
)

// asked is the page that asks before several alerts are acted on: the state of
// each as it was seen.
func (c *client) asked(ctx context.Context, ids []string) (url.Values, error) {
	var buf bytes.Buffer
	header, err := c.load(ctx, "/alerts/bulk?"+url.Values{"id": ids}.Encode(), &buf)
	if err != nil {
		return nil, err
	}
	page, err := unpacked(header, &buf)
	if err != nil {
		return nil, err
	}
	seen := url.Values{}
	for _, field := range seenField.FindAllStringSubmatch(page, -1) {
		seen.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	if len(seen) != len(ids) {
		return nil, fmt.Errorf("the page lists %d of %d alerts", len(seen), len(ids))
	}
	return seen, nil
}

// actTogether processes alerts in bulk, and answers how long it takes until all of
// them are confirmed.
func (c *client) actTogether(ctx context.Context, ids []string) (time.Duration, error) {
	form, err := c.asked(ctx, ids)
	if err != nil {
		return 0, err
	}
	form["id"], form["status"], form["note"] = ids, []string{"processed"}, []string{"measured"}
	begun := time.Now()
	page, err := c.post(ctx, "/alerts", form)
	if err != nil {
		return 0, err
	}
	at := batchAt.FindStringSubmatch(page)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for at != nil {
		var buf bytes.Buffer
		header, err := c.load(ctx, html.UnescapeString(at[1]), &buf)
		if err != nil {
			return 0, err
		}
		if page, err = unpacked(header, &buf); err != nil {
			return 0, err
		}
		if !batchAt.MatchString(page) {
			break
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("the batch isn't done: %w", ctx.Err())
		}
	}
	took := time.Since(begun)
	if n := len(confirmed.FindAllString(page, -1)); n != len(ids) {
		return 0, fmt.Errorf("%d of %d actions are confirmed", n, len(ids))
	}
	return took, nil
}

// actOneByOne is how long the board takes to accept each of many actions, on an
// alert that was looked at before.
func (c *client) actOneByOne(ctx context.Context, ids []string) (samples, error) {
	var took samples
	seen, err := c.asked(ctx, ids)
	if err != nil {
		return samples{}, err
	}
	var buf bytes.Buffer
	for _, id := range ids {
		if _, err := c.load(ctx, "/alerts/"+url.PathEscape(id), &buf); err != nil {
			return samples{}, err
		}
		form := url.Values{"status": {"processed"}, "note": {"measured"}, "seen": seen["seen."+id]}
		begun := time.Now()
		if _, err := c.post(ctx, "/alerts/"+url.PathEscape(id), form); err != nil {
			return samples{}, err
		}
		took.add(time.Since(begun))
	}
	return took, nil
}

// post sends a form as htmx does, and answers the fragments.
func (c *client) post(ctx context.Context, path string, form url.Values) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("post %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("HX-Request", "true")
	resp, err := c.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("post %s: %w", path, err)
	}
	text, err := unpacked(resp.Header, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return "", fmt.Errorf("post %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("post %s: the answer is %s", path, resp.Status)
	}
	return text, nil
}
