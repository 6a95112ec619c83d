package desk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"triageboard/internal/triage"
)

// The keys views are reached by, and the bounds of what is kept; ours.
const (
	FirstSlot = 4
	LastSlot  = 9

	MaxViewName = 60 // characters

	searchesKept = 30 * 24 * time.Hour // after their last use
	usedEvery    = 24 * time.Hour      // how exactly that is known: looking at a list writes nothing mostly
)

// SealedSearch is a search or a view as it is stored.
type SealedSearch struct {
	User   triage.HCPID
	ID     triage.SearchID
	Slot   int // the key a view is reached by; 0: no view
	Sealed []byte
	UsedAt time.Time
}

// SearchStore keeps sealed searches. What belongs to another user is as unknown.
type SearchStore interface {
	// PutSearches keeps all of them or none, in place of what was kept under their
	// ids. Of two views of a user none may have the other's slot.
	PutSearches(ctx context.Context, searches ...SealedSearch) error
	// Search is false when there is none.
	Search(ctx context.Context, user triage.HCPID, id triage.SearchID) (SealedSearch, bool, error)
	// Views are those with a slot, in its order.
	Views(ctx context.Context, user triage.HCPID) ([]SealedSearch, error)
	UseSearch(ctx context.Context, user triage.HCPID, id triage.SearchID, at time.Time) error
	// DeleteView is false when there is none.
	DeleteView(ctx context.Context, user triage.HCPID, id triage.SearchID) (bool, error)
	// DeleteSearchesBefore leaves views alone.
	DeleteSearchesBefore(ctx context.Context, at time.Time) error
}

// View is a search its user gave a name, and a key to reach it by.
type View struct {
	ID   triage.SearchID
	Slot int // the key, FirstSlot to LastSlot
	Name string
	Text string
}

// what is sealed of a search.
type sealedText struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// Searches keeps what users look for, behind ids that say nothing: terms never
// stand in an address (R25).
type Searches struct {
	store  SearchStore
	sealer Sealer
	log    *slog.Logger

	arranging sync.Mutex // one change of views at a time: each looks at all of a user's
}

// NewSearches makes Searches over a store.
func NewSearches(store SearchStore, sealer Sealer, log *slog.Logger) *Searches {
	return &Searches{store: store, sealer: sealer, log: log}
}

// Keep keeps a query's text for the user, and answers what it is found by.
func (s *Searches) Keep(ctx context.Context, user triage.HCPID, text string) (triage.SearchID, error) {
	id := triage.SearchID(rand.Text())
	kept, err := s.seal(user, View{ID: id, Text: text})
	if err != nil {
		return "", err
	}
	if err := s.store.PutSearches(ctx, kept); err != nil {
		return "", fmt.Errorf("keep a search: %w", err)
	}
	return id, nil
}

// Find is the text of a search or a view of the user's. Errors: ErrNotFound when
// there is none, or it is another's, or can't be opened any more after a change of
// keys.
func (s *Searches) Find(ctx context.Context, user triage.HCPID, id triage.SearchID) (string, error) {
	kept, ok, err := s.store.Search(ctx, user, id)
	if err != nil {
		return "", fmt.Errorf("find a search: %w", err)
	}
	if !ok {
		return "", triage.ErrNotFound
	}
	v, err := s.open(kept)
	if err != nil {
		s.log.Warn("a search can't be opened", slog.Any("error", err))
		return "", triage.ErrNotFound
	}
	if now := time.Now(); now.Sub(kept.UsedAt) >= usedEvery {
		if err := s.store.UseSearch(ctx, user, id, now); err != nil {
			return "", fmt.Errorf("find a search: %w", err)
		}
	}
	return v.Text, nil
}

// Views are the user's, in the order of their keys. One that can't be opened any
// more is left out.
func (s *Searches) Views(ctx context.Context, user triage.HCPID) ([]View, error) {
	kept, err := s.store.Views(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("find the views: %w", err)
	}
	var views []View
	for _, k := range kept {
		v, err := s.open(k)
		if err != nil {
			s.log.Warn("a view can't be opened", slog.Any("error", err))
			continue
		}
		views = append(views, v)
	}
	return views, nil
}

// SaveView keeps a query's text under a name, on the first free key. Errors:
// InvalidError when the name is none, too long or taken, or no key is free.
func (s *Searches) SaveView(ctx context.Context, user triage.HCPID, name, text string) (View, error) {
	s.arranging.Lock()
	defer s.arranging.Unlock()
	kept, err := s.store.Views(ctx, user)
	if err != nil {
		return View{}, fmt.Errorf("save a view: %w", err)
	}
	v := View{ID: triage.SearchID(rand.Text()), Name: viewName(name), Text: text}
	if err := s.checkName(kept, v); err != nil {
		return View{}, err
	}
	if v.Slot, err = s.freeSlot(ctx, user, kept); err != nil {
		return View{}, err
	}
	return v, s.put(ctx, user, v)
}

// ChangeView renames a view, and puts it on another key; the one that was there
// takes its own. Errors: ErrNotFound, and InvalidError as for SaveView.
func (s *Searches) ChangeView(ctx context.Context, user triage.HCPID, id triage.SearchID, name string, slot int) error {
	s.arranging.Lock()
	defer s.arranging.Unlock()
	kept, err := s.store.Views(ctx, user)
	if err != nil {
		return fmt.Errorf("change a view: %w", err)
	}
	i := slices.IndexFunc(kept, func(k SealedSearch) bool { return k.ID == id })
	if i < 0 {
		return triage.ErrNotFound
	}
	v, err := s.open(kept[i])
	if err != nil {
		return errors.Join(triage.ErrNotFound, err)
	}
	if slot < FirstSlot || slot > LastSlot {
		return &triage.InvalidError{Field: "slot", Reason: "invalid.view_slot"}
	}
	v.Name = viewName(name)
	if err := s.checkName(kept, v); err != nil {
		return err
	}
	was := v.Slot
	v.Slot = slot
	changed, err := s.seal(user, v)
	if err != nil {
		return err
	}
	changed.UsedAt = kept[i].UsedAt
	all := []SealedSearch{changed}
	for _, other := range kept {
		if other.Slot == slot && other.ID != id {
			other.Slot = was
			all = append(all, other)
		}
	}
	if err := s.store.PutSearches(ctx, all...); err != nil {
		return fmt.Errorf("change a view: %w", err)
	}
	return nil
}

// DeleteView lets go of a view. Errors: ErrNotFound.
func (s *Searches) DeleteView(ctx context.Context, user triage.HCPID, id triage.SearchID) error {
	s.arranging.Lock()
	defer s.arranging.Unlock()
	found, err := s.store.DeleteView(ctx, user, id)
	if err != nil {
		return fmt.Errorf("delete a view: %w", err)
	}
	if !found {
		return triage.ErrNotFound
	}
	return nil
}

// Run throws away searches nobody came back to for a month, until ctx ends.
func (s *Searches) Run(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := s.store.DeleteSearchesBefore(ctx, time.Now().Add(-searchesKept)); err != nil && ctx.Err() == nil {
			s.log.Error("old searches could not be thrown away", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// freeSlot is the first free key. One whose view can't be opened any more, and so
// isn't shown, is taken from it.
func (s *Searches) freeSlot(ctx context.Context, user triage.HCPID, kept []SealedSearch) (int, error) {
	for slot := FirstSlot; slot <= LastSlot; slot++ {
		i := slices.IndexFunc(kept, func(k SealedSearch) bool { return k.Slot == slot })
		if i < 0 {
			return slot, nil
		}
		if _, err := s.open(kept[i]); err == nil {
			continue
		}
		if _, err := s.store.DeleteView(ctx, user, kept[i].ID); err != nil {
			return 0, fmt.Errorf("save a view: %w", err)
		}
		return slot, nil
	}
	return 0, &triage.InvalidError{Field: "name", Reason: "invalid.views_full"}
}

func (s *Searches) put(ctx context.Context, user triage.HCPID, v View) error {
	kept, err := s.seal(user, v)
	if err != nil {
		return err
	}
	if err := s.store.PutSearches(ctx, kept); err != nil {
		return fmt.Errorf("save a view: %w", err)
	}
	return nil
}

// viewName is a name on one line.
func viewName(name string) string { return strings.Join(strings.Fields(name), " ") }

// checkName refuses a view's name beside the others.
func (s *Searches) checkName(kept []SealedSearch, v View) error {
	invalid := func(reason string) error { return &triage.InvalidError{Field: "name", Reason: reason} }
	switch {
	case v.Name == "":
		return invalid("invalid.view_name")
	case !utf8.ValidString(v.Name), utf8.RuneCountInString(v.Name) > MaxViewName:
		return invalid("invalid.view_long")
	}
	for _, k := range kept {
		other, err := s.open(k)
		if err == nil && other.ID != v.ID && strings.EqualFold(other.Name, v.Name) {
			return invalid("invalid.view_double")
		}
	}
	return nil
}

func (s *Searches) seal(user triage.HCPID, v View) (SealedSearch, error) {
	plain, err := json.Marshal(sealedText{v.Name, v.Text})
	if err != nil {
		return SealedSearch{}, fmt.Errorf("encode a search: %w", err)
	}
	return SealedSearch{User: user, ID: v.ID, Slot: v.Slot, Sealed: s.sealer.Seal(plain, SearchPurpose(user, v.ID)), UsedAt: time.Now()}, nil
}

func (s *Searches) open(kept SealedSearch) (View, error) {
	plain, err := s.sealer.Open(kept.Sealed, SearchPurpose(kept.User, kept.ID))
	if err != nil {
		return View{}, err
	}
	var t sealedText
	if err := json.Unmarshal(plain, &t); err != nil {
		return View{}, fmt.Errorf("decode a search: %w", err)
	}
	return View{ID: kept.ID, Slot: kept.Slot, Name: t.Name, Text: t.Text}, nil
}

// SearchPurpose is what a search is sealed for. It names user and id, so that a search moved to another row won't
// open.
func SearchPurpose(user triage.HCPID, id triage.SearchID) string {
	return "search " + string(id) + " of " + string(user)
}
