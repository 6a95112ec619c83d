package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"triageboard/internal/triage"
)

// hcps is one immutable reading of the hcps export.
type hcps struct {
	byID    map[triage.HCPID]triage.HCP
	byEmail map[string]triage.HCP // active ones, lower-case e-mail; ambiguous ones left out
}

func (d *Directory) loadHCPs(ctx context.Context) error {
	err := d.readHCPs(ctx)
	d.loading.Lock()
	defer d.loading.Unlock()
	d.failed, d.tried = err, time.Now()
	return err
}

// firstHCPs reads the professionals if that was never done. While Luscii
// doesn't answer it tries only now and then: whoever asks meanwhile is told how
// the last attempt failed, at once.
func (d *Directory) firstHCPs(ctx context.Context) error {
	if d.hcps.Load().byID != nil {
		return nil
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	if d.hcps.Load().byID != nil {
		return nil
	}
	if d.failed != nil && time.Since(d.tried) < retryAfter {
		return d.failed
	}
	// Whoever asks first may hang up; that must not fail the others.
	ctx, cancel := context.WithTimeout(triage.Urgent(context.WithoutCancel(ctx)), firstWait)
	defer cancel()
	d.failed, d.tried = d.readHCPs(ctx), time.Now()
	return d.failed
}

func (d *Directory) readHCPs(ctx context.Context) error {
	h := &hcps{byID: map[triage.HCPID]triage.HCP{}, byEmail: map[string]triage.HCP{}}
	ambiguous := map[string]bool{}
	for hcp, err := range d.source.HCPs(ctx) {
		if errors.Is(err, triage.ErrPartial) {
			d.incomplete("professionals", err)
			for id, known := range d.hcps.Load().byID {
				if _, ok := h.byID[id]; !ok {
					h.byID[id] = known
				}
			}
			break
		}
		if err != nil {
			return fmt.Errorf("list the professionals: %w", err)
		}
		h.byID[hcp.ID] = hcp // a row may come twice while pages shift
	}
	if len(h.byID) == 0 && len(d.hcps.Load().byID) > 0 {
		return errEmptied
	}
	for _, hcp := range h.byID {
		email := normalEmail(hcp.Email)
		if !hcp.Active || email == "" {
			continue
		}
		if _, twice := h.byEmail[email]; twice {
			ambiguous[email] = true
		}
		h.byEmail[email] = hcp
	}
	for email := range ambiguous {
		delete(h.byEmail, email)
	}
	if len(ambiguous) > 0 {
		d.log.Warn("some e-mail addresses belong to several active professionals, who cannot sign in by them", slog.Int("count", len(ambiguous)))
	}
	was := d.hcps.Swap(h)
	d.tell(nil, len(differing(was.byID, h.byID)) > 0)
	return nil
}

func normalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// HCP is the professional behind an id, if known yet.
func (d *Directory) HCP(id triage.HCPID) (triage.HCP, bool) {
	h, ok := d.hcps.Load().byID[id]
	return h, ok
}

// HCPByEmail finds the one active professional with this e-mail address,
// regardless of case. Where professionals were never read, they are read now;
// the error is that reading's.
func (d *Directory) HCPByEmail(ctx context.Context, email string) (triage.HCP, bool, error) {
	if err := d.firstHCPs(ctx); err != nil {
		return triage.HCP{}, false, err
	}
	h, ok := d.hcps.Load().byEmail[normalEmail(email)]
	return h, ok, nil
}

// HCPInMemory is HCPByEmail without asking Luscii; known is false while the
// professionals were never read.
func (d *Directory) HCPInMemory(email string) (hcp triage.HCP, active, known bool) {
	h := d.hcps.Load()
	hcp, active = h.byEmail[normalEmail(email)]
	return hcp, active, h.byID != nil
}
