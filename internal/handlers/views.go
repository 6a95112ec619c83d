package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// viewLink is where a saved view is shown.
func (s *Server) viewLink(id triage.SearchID) string {
	return s.link("/", url.Values{"s": {string(id)}})
}

// keptViews are the links to the user's own views, each with its key. The one that
// is shown unchanged is marked.
func (v *view) keptViews(ctx context.Context, q triage.Query) ([]templates.Choice, error) {
	views, err := v.s.Searches.Views(ctx, v.actor.ID)
	if err != nil {
		return nil, fmt.Errorf("find the saved views: %w", err)
	}
	var out []templates.Choice
	for _, kept := range views {
		href := v.s.viewLink(kept.ID)
		out = append(out, templates.Choice{
			Label: kept.Name, Key: strconv.Itoa(kept.Slot), Href: href,
			Active: q.Search != nil && q.Search.ID == kept.ID && v.s.link("/", q.Values()) == href,
		})
	}
	return out, nil
}

// showViews is the page of the user's own views.
func (s *Server) showViews(w http.ResponseWriter, r *http.Request) error {
	return s.viewsPage(w, r, http.StatusOK, viewForm{})
}

// viewForm is what was typed about a view, and what is wrong with it.
type viewForm struct {
	id         triage.SearchID // empty: a view to be saved
	name, text string
	slot       int
	problem    error
}

// postView saves a view, or changes or deletes one of the user's own.
func (s *Server) postView(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "name", Reason: "invalid.form"}
	}
	user, ctx := s.actor(r).ID, r.Context()
	f := viewForm{id: triage.SearchID(r.PostForm.Get("id")), name: r.PostForm.Get("name"), text: r.PostForm.Get("q")}
	to := s.base + "/settings/views"
	var err error
	switch {
	case f.id == "":
		var saved desk.View
		if saved, err = s.saveView(r, f); err == nil {
			to = s.viewLink(saved.ID)
		}
	case r.PostForm.Has("delete"):
		err = s.Searches.DeleteView(ctx, user, f.id)
	default:
		f.slot, _ = strconv.Atoi(r.PostForm.Get("slot")) // what is no number is no key
		err = s.Searches.ChangeView(ctx, user, f.id, f.name, f.slot)
	}
	var invalid *triage.InvalidError
	switch {
	case errors.Is(err, triage.ErrNotFound):
		return errNoSearch
	case errors.As(err, &invalid):
		f.problem = invalid
		return s.viewsPage(w, r, http.StatusUnprocessableEntity, f)
	case err != nil:
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Server) saveView(r *http.Request, f viewForm) (desk.View, error) {
	q, err := triage.ParseText(f.text, s.lexicon(r), s.actor(r).DefaultView())
	if err != nil { // it comes from the box, where it could be read
		return desk.View{}, &triage.InvalidError{Field: "q", Reason: "invalid.view_text"}
	}
	return s.Searches.SaveView(r.Context(), s.actor(r).ID, f.name, keptText(q))
}

func (s *Server) viewsPage(w http.ResponseWriter, r *http.Request, status int, f viewForm) error {
	l := s.words(r)
	views, err := s.Searches.Views(r.Context(), s.actor(r).ID)
	if err != nil {
		return fmt.Errorf("find the saved views: %w", err)
	}
	p := templates.Views{Page: s.page(r, l.T("views.page"))}
	said := ""
	var invalid *triage.InvalidError
	if errors.As(f.problem, &invalid) {
		said = l.T(invalid.Reason)
	}
	for _, kept := range views {
		item := templates.ViewItem{
			ID: string(kept.ID), Href: s.viewLink(kept.ID), Name: kept.Name, Slot: kept.Slot, Text: s.textFor(r, kept.Text),
		}
		if kept.ID == f.id {
			item.Problem = said
			item.Typed = f.name
		}
		p.Items = append(p.Items, item)
	}
	for slot := desk.FirstSlot; slot <= desk.LastSlot; slot++ {
		p.Slots = append(p.Slots, slot)
	}
	if f.id == "" && said != "" {
		p.New = &templates.ViewItem{Typed: f.name, Text: f.text, Problem: said}
	}
	return s.render(w, r, status, templates.ViewsPage(p))
}

// textFor is a kept text as the user would write it.
func (s *Server) textFor(r *http.Request, kept string) string {
	q, err := triage.ParseText(kept, nil, triage.StatusOpen)
	if err != nil { // written by another version; it can be deleted
		return kept
	}
	return q.Text(s.lexicon(r), s.actor(r).DefaultView())
}
