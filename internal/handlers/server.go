// Package handlers answers HTTP: it finds who asks, asks the domain what they
// may see or do, and renders the answer as a page, or as fragments for htmx.
// Handlers return errors; one place turns each into a status and a sentence.
package handlers

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/download"
	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/static"
)

// Board is what is known of the alerts.
type Board interface {
	Snapshot() *triage.Snapshot
	Find(ctx context.Context, id triage.AlertID) (triage.Entry, bool, error)
	OfPatient(ctx context.Context, id triage.PatientID) ([]triage.Entry, error)
	History(ctx context.Context, a triage.Alert) ([]triage.Record, error)
	// NotesWith is the alerts in whose history, where it was read already, a note
	// holds the term.
	NotesWith(term triage.Term) map[triage.AlertID]bool
}

// Names are the words behind ids; the second result is false, or the text
// empty, where one isn't known yet.
type Names interface {
	Patient(id triage.PatientID) (triage.Patient, bool)
	HCP(id triage.HCPID) (triage.HCP, bool)
	GroupName(id triage.GroupID) string
	ProgramName(id triage.ProgramID) string
	ProtocolName(id triage.ProtocolID) string
	triage.Lexicon
	Patients() iter.Seq[triage.Patient]
	// Version grows with every name that becomes known or changes.
	Version() uint64
	// Source and At are where the patients' names came from, and when.
	Source() triage.NameSource
	At() time.Time
}

// Actions accepts what clinicians decide.
type Actions interface {
	Act(ctx context.Context, actor triage.Actor, key triage.Key, d triage.Decision) (triage.Action, error)
	ActOnAll(ctx context.Context, actor triage.Actor, key triage.Key, decisions []triage.Decision) []triage.Result
	Undo(ctx context.Context, actor triage.Actor, key triage.Key, id triage.ActionID, event audit.Event) (undone, undo triage.Action, err error)
	Retry(ctx context.Context, actor triage.Actor, key triage.Key, id triage.ActionID) (triage.Action, error)
	Settle(ctx context.Context, actor triage.Actor, id triage.ActionID) (triage.Action, error)
}

// Outbox is what became of it.
type Outbox interface {
	// On is the actions on an alert that aren't settled.
	On(id triage.AlertID) []triage.Action
	// Unfinished is an actor's actions that ended otherwise than they should and
	// that they haven't taken note of yet.
	Unfinished(actor triage.HCPID) []triage.Action
	// Recent is an actor's actions since a moment, newest first.
	Recent(ctx context.Context, actor triage.HCPID, since time.Time) ([]triage.Action, error)
	// OfBatch is an actor's actions that were decided on together, in their order.
	OfBatch(ctx context.Context, actor triage.HCPID, id triage.BatchID) ([]triage.Action, error)
}

// Drafts keeps what users typed about alerts and haven't written yet.
type Drafts interface {
	Save(ctx context.Context, user triage.HCPID, alert triage.AlertID, d desk.Draft) error
	Find(ctx context.Context, user triage.HCPID, alert triage.AlertID) (desk.Draft, error)
	Discard(ctx context.Context, user triage.HCPID, alert triage.AlertID) error
}

// Settings keeps how each user wants the board.
type Settings interface {
	// Of is the usual ones beside an error.
	Of(ctx context.Context, user triage.HCPID) (desk.Settings, error)
	Change(ctx context.Context, user triage.HCPID, change func(*desk.Settings) error) error
}

// Searches keeps what users look for, and the views they made of it.
type Searches interface {
	Keep(ctx context.Context, user triage.HCPID, text string) (triage.SearchID, error)
	Find(ctx context.Context, user triage.HCPID, id triage.SearchID) (string, error)
	Views(ctx context.Context, user triage.HCPID) ([]desk.View, error)
	SaveView(ctx context.Context, user triage.HCPID, name, text string) (desk.View, error)
	ChangeView(ctx context.Context, user triage.HCPID, id triage.SearchID, name string, slot int) error
	DeleteView(ctx context.Context, user triage.HCPID, id triage.SearchID) error
}

// Category is a way to classify what was done, with its label in each language.
type Category struct {
	Value  string
	Labels map[string]string
}

// Options are what a Server is made of.
type Options struct {
	Board         Board
	Names         Names
	Actions       Actions
	Outbox        Outbox
	Drafts        Drafts
	Settings      Settings
	Searches      Searches
	Auth          *auth.Manager
	Audit         Audit
	Reports       download.Source // for previews; files come from Downloads
	Downloads     *download.Jobs
	ReportPace    float64 // pages of reports a second there is room for, at most
	Insights      Insights
	Trends        Trends // nil: values and courses from the export aren't shown
	Words         *i18n.Bundle
	Assets        *static.Assets
	Categories    []Category
	WaitingLimits triage.WaitingLimits // what waits longer is marked
	Zone          *time.Location
	TrustedProxy  func(netip.Addr) bool // whose X-Forwarded headers count; nil: nobody's
	PublicURL     *url.URL              // https turns on HSTS; its path is where the program is hosted below
	Interval      time.Duration         // how often a page asks for news
	WindowDays    int
	Sandbox       bool                        // show the ribbon
	Ready         func(context.Context) error // whether storage answers
	Log           *slog.Logger
}

// Server holds what the handlers share: rows rendered and alerts looked through
// once for everybody, what happened on the board for the event streams, and the
// categories met in histories.
type Server struct {
	Options
	base    string // the path of PublicURL, without a slash at its end
	seen    seenCategories
	rows    rowCache
	sights  sights
	settled settlings
	live    *live
	alike   *lookAlikes
	met     *metPatients

	previews *previews

	presses chan *press // those that are free

	stop     sync.Once
	stopping chan struct{} // closed when the event streams have to end
}

// New makes a Server.
func New(o Options) *Server {
	first := o.Board.Snapshot()
	return &Server{
		Options: o, base: strings.TrimRight(o.PublicURL.Path, "/"),
		rows: newRowCache(), live: newLive(first), alike: newLookAlikes(o.Names, first), met: newMetPatients(), previews: newPreviews(), presses: newPresses(), stopping: make(chan struct{}),
	}
}

// StopStreams ends every event stream, which no client would do by itself.
func (s *Server) StopStreams() {
	s.stop.Do(func() { close(s.stopping) })
	s.live.happened.Wake()
}

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// Handler is the whole program as one http.Handler.
func (s *Server) Handler() http.Handler { return s.routes() }
