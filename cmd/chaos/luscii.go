package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"triageboard/internal/program"
)

// The board's patience with a write, and for how long after that one may still be
// made: short, so that many are decided in a run.
const (
	writeTimeout = time.Second
	writeGrace   = 3 * time.Second
)

// The faults in force while there is chaos: of all requests in scope 20 % fail,
// 10 % are dropped once the change is made, 5 % aren't answered in time, 5 % are
// too many and 2 % are applied late. The sandbox takes each share of what those
// before it leave, so they are larger here. A write that isn't answered in time is
// either made at once and its answer comes byte by byte, or made after the
// connection has ended, within the grace. Colleagues act on open alerts meanwhile,
// outside the board.
const (
	writesGoWrong = `{"only":"writes","errors":0.20,"limited":0.065,"late":0.03,"late-hold":"2s","late-by":"2s",` +
		`"drop-after":0.14,"slow":0.08,"slow-rate":10,"others":"1/s"}`
	// Reads as well; they aren't left waiting, or there would be nothing but waiting.
	allGoesWrong = `{"errors":0.20,"limited":0.065,"late":0.10,"late-hold":"2s","late-by":"2s","drop-after":0.14,"others":"1/s"}`
	nothingDoes  = `{}`
)

// changes is everything the sandbox did to alerts, oldest first, and how many
// requests it is still to serve late.
func changes(ctx context.Context, s *program.Sandbox) (log []change, late int, err error) {
	header, err := fromSandbox(ctx, s, "/sandbox/changes", func(body io.Reader) error {
		lines := bufio.NewScanner(body)
		for lines.Buffer(nil, 1<<20); lines.Scan(); {
			var line struct {
				At     time.Time
				Change struct{ User, Alert, Status, Category, AdditionalInfo string }
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				return err
			}
			log = append(log, change{
				at: line.At, user: line.Change.User, alert: line.Change.Alert,
				status: line.Change.Status, category: line.Change.Category, note: line.Change.AdditionalInfo,
			})
		}
		return lines.Err()
	})
	if err != nil {
		return nil, 0, err
	}
	late, err = strconv.Atoi(header.Get("Sandbox-Late"))
	if err != nil {
		return nil, 0, fmt.Errorf("read the sandbox's log: %w", err)
	}
	return log, late, nil
}

// mishaps is how many requests met which fault.
func mishaps(ctx context.Context, s *program.Sandbox) (met map[string]int, err error) {
	_, err = fromSandbox(ctx, s, "/sandbox/mishaps", func(body io.Reader) error { return json.NewDecoder(body).Decode(&met) })
	return met, err
}

func fromSandbox(ctx context.Context, s *program.Sandbox, path string, read func(io.Reader) error) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox: %w", err)
	}
	err = read(resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", resp.Status)
	}
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("ask the sandbox for %s: %w", path, err)
	}
	return resp.Header, nil
}
