package handlers

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// query reads what a request asks to see: its filters, and the search they stand
// beside.
func (s *Server) query(r *http.Request) (triage.Query, error) { return s.queryIn(r, r.URL.Query()) }

// queryIn is query for another address of the same user's.
func (s *Server) queryIn(r *http.Request, address url.Values) (triage.Query, error) {
	base := triage.Query{Status: s.defaultView(r)}
	if id := triage.SearchID(address.Get("s")); id != "" {
		kept, err := s.search(r, id)
		if err != nil {
			return base, err
		}
		base = kept
		base.Search = &triage.Search{ID: id, Query: kept}
	}
	return triage.ParseQuery(address, base)
}

// search is the query behind an id. One that is unknown, another's, or written by a
// version of the program that knew other words, isn't there.
func (s *Server) search(r *http.Request, id triage.SearchID) (triage.Query, error) {
	text, err := s.Searches.Find(r.Context(), s.actor(r).ID, id)
	if errors.Is(err, triage.ErrNotFound) {
		e := s.event(r, audit.Searched, audit.Denied)
		e.Private.Asked = string(id)
		return triage.Query{}, denied(s.record(r.Context(), e), errNoSearch)
	}
	if err != nil {
		return triage.Query{}, fmt.Errorf("find a search: %w", err)
	}
	q, err := triage.ParseText(text, nil, triage.StatusOpen)
	if err != nil {
		s.Log.Warn("a search can't be read any more", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
		return triage.Query{}, errNoSearch
	}
	return q, nil
}

// keptText is a query as it is kept: the same for everybody, whatever names there
// are.
func keptText(q triage.Query) string { return q.Text(nil, "") }

// postSearch looks for what was typed: it is kept, and found by an id, since terms
// never stand in an address (R25). The view and filters of the form's own address
// are those of the page it was typed on, which a text that can't be read leads back
// to.
func (s *Server) postSearch(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "q", Reason: "invalid.form"}
	}
	home := s.actor(r).DefaultView()
	if status := triage.Status(r.PostForm.Get("status")); status != "" {
		if home = status; !home.Known() {
			return &triage.InvalidError{Field: "status", Reason: "invalid.status"}
		}
	}
	text := r.PostForm.Get("q")
	event := s.event(r, audit.Searched, audit.Done)
	event.Private.Terms = text
	q, err := triage.ParseText(text, s.lexicon(r), home)
	if err != nil {
		event.Outcome, event.Details.Reason = audit.Failed, "unreadable"
		if unrecorded := s.record(r.Context(), event); unrecorded != nil {
			return unrecorded
		}
		return s.unreadable(w, r, text, err)
	}
	if r.PostForm.Has("waiting") {
		if q.WaitingOver, err = waitingAsked(r.PostForm.Get("waiting")); err != nil {
			return err
		}
		q.WaitingUnder = 0
	}
	event.Details.View = string(q.Status)
	if err := s.record(r.Context(), event); err != nil {
		return err
	}
	to := s.base + "/"
	if q.Filtered() || q.ByPatient || q.Status != s.actor(r).DefaultView() {
		id, err := s.Searches.Keep(r.Context(), s.actor(r).ID, keptText(q))
		if err != nil {
			return fmt.Errorf("keep a search: %w", err)
		}
		to = s.link("/", url.Values{"s": {string(id)}})
	}
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// unreadable is the list as it was, with what was typed and where it can't be read.
func (s *Server) unreadable(w http.ResponseWriter, r *http.Request, text string, cause error) error {
	var wrong *triage.TextError
	if !errors.As(cause, &wrong) {
		return cause
	}
	q, err := s.query(r)
	if err != nil {
		return err
	}
	b, err := s.board(r, q, "", "")
	if err != nil {
		return err
	}
	message := b.L.T(wrong.Reason)
	if len(wrong.Names) > 0 {
		message = b.L.T(wrong.Reason, strings.Join(wrong.Names, ", "))
	}
	b.Find.Text = text
	b.Find.Problem = &templates.TextProblem{
		Message: message, Before: text[:wrong.From], At: text[wrong.From:wrong.To], After: text[wrong.To:],
		From: inUTF16(text[:wrong.From]), To: inUTF16(text[:wrong.To]),
	}
	if isHTMX(r) {
		return s.render(w, r, http.StatusUnprocessableEntity, templates.FindPartial(b))
	}
	return s.render(w, r, http.StatusUnprocessableEntity, templates.BoardPage(b))
}

// inUTF16 is how long a text is as browsers count.
func inUTF16(text string) int { return len(utf16.Encode([]rune(text))) }

// findBox is the box a query is typed into, with the text of what is shown: however
// it was asked for, the text and the filters say the same.
func (v *view) findBox(q triage.Query) templates.Find {
	home := v.actor.DefaultView()
	return templates.Find{Action: v.s.link("/search", q.Values()), Text: q.Text(lexicon{v.s.Names, v.actor}, home)}
}

// waitings are the waiting times offered; any other can be typed.
var waitings = []time.Duration{time.Hour, 4 * time.Hour, 24 * time.Hour}

// waitingAsked reads one of them; empty is none.
func waitingAsked(value string) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	for _, d := range waitings {
		if value == d.String() {
			return d, nil
		}
	}
	return 0, &triage.InvalidError{Field: "waiting", Reason: "invalid.waiting"}
}

// lexicon is the names one may search by: of groups, those one may see.
type lexicon struct {
	names Names
	actor triage.Actor
}

func (s *Server) lexicon(r *http.Request) lexicon { return lexicon{s.Names, s.actor(r)} }

// GroupNames implements triage.Lexicon.
func (l lexicon) GroupNames() iter.Seq2[triage.GroupID, string] {
	return func(yield func(triage.GroupID, string) bool) {
		for id, name := range l.names.GroupNames() {
			if l.actor.KnowsGroup(id) && !yield(id, name) {
				return
			}
		}
	}
}

// ProgramNames implements triage.Lexicon.
func (l lexicon) ProgramNames() iter.Seq2[triage.ProgramID, string] { return l.names.ProgramNames() }
