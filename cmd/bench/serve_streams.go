package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/handlers"
	"triageboard/internal/i18n"
	"triageboard/internal/outbox"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
	"triageboard/web/static"
)

// persona is who reads the streams.
const persona = "bench-admin"

// serveStreams is the role of the real pages' server, with real sign-in on a
// real database in the folder given, over a board whose alerts change when told
// to "publish".
func serveStreams(ctx context.Context, args []string, orders <-chan string) (err error) {
	if len(args) != 1 {
		return errors.New("serve-streams FOLDER")
	}
	store, err := storage.Open(ctx, "sqlite:"+filepath.Join(args[0], "streams.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	sealer, err := auth.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		return err
	}
	words, err := i18n.Load()
	if err != nil {
		return err
	}
	assets, err := static.Load("")
	if err != nil {
		return err
	}
	public := &url.URL{Scheme: "http", Host: "127.0.0.1"}
	log := slog.New(slog.DiscardHandler)
	board := newChangingBoard(1_000)
	sessions := auth.New(auth.Options{
		Store: store, Sessions: store.Sessions(), Sealer: sealer, Directory: noNames{}, PublicURL: public,
		Personas: []auth.Persona{{HCP: theAdmin(), Key: "none"}}, Lifetime: time.Hour, Now: time.Now, Log: log,
		Failed: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		},
	})
	keys, err := sealer.Derive("audit chain")
	if err != nil {
		return err
	}
	chain, err := audit.NewChain(keys, sealer)
	if err != nil {
		return err
	}
	trail := audit.NewRecorder(audit.Options{Keeper: store, Chain: chain, Out: io.Discard, Organisation: "bench", Years: 5, Log: log})
	var recording sync.WaitGroup
	recordingCtx, stopRecording := context.WithCancel(ctx)
	recording.Go(func() { trail.Run(recordingCtx) })
	defer func() {
		stopRecording()
		recording.Wait()
	}()
	// Nobody acts here, but whoever is told of an alert looks whether somebody has.
	actions, err := outbox.New(ctx, outbox.Options{Store: store, Recorder: trail, Sealer: sealer, Log: log})
	if err != nil {
		return err
	}
	server := handlers.New(handlers.Options{
		Board: board, Names: noNames{}, Outbox: actions, Drafts: desk.NewDrafts(store, sealer, log), Settings: desk.NewSettingsKeeper(store, sealer, log),
		Searches: desk.NewSearches(store, sealer, log),
		Audit:    trail, Auth: sessions, Words: words, Assets: assets, Zone: time.UTC, PublicURL: public,
		Interval: pollEvery, WindowDays: 1, Sandbox: true, Ready: store.Ping, Log: log,
	})
	go publishWhenTold(ctx, orders, func(at time.Time) { server.Publish(board.change(at)) })
	defer server.StopStreams()
	return serve(ctx, server.Handler())
}

// publishWhenTold publishes at the pace of the measurement, each time it is told
// to, and then says how often it did.
func publishWhenTold(ctx context.Context, orders <-chan string, publish func(at time.Time)) {
	for {
		select {
		case <-orders:
		case <-ctx.Done():
			return
		}
		pace := time.NewTicker(time.Second / changesPerSecond)
		n := changesPerSecond * int(changing/time.Second)
		for range n {
			select {
			case <-pace.C:
				publish(time.Now())
			case <-ctx.Done():
				pace.Stop()
				return
			}
		}
		pace.Stop()
		fmt.Printf("published %d\n", n)
	}
}

const publishedMark = "published-at-"

// publishedAt finds in a row when it was published, in nanoseconds.
var publishedAt = regexp.MustCompile(publishedMark + `(\d{19})`)

// changingBoard is a board in memory, each of whose alerts changes in its turn.
type changingBoard struct {
	current atomic.Pointer[triage.Snapshot]
	next    int
}

func newChangingBoard(alerts int) *changingBoard {
	now := time.Now().UTC()
	today := triage.DayOf(now, time.UTC)
	s := triage.Snapshot{
		Version: 1, Started: now, Interval: pollEvery, Today: []triage.Day{today},
		Days: []triage.DayState{{Day: today, ConfirmedAt: now.Add(time.Minute)}}, // as if polled meanwhile
	}
	flags := []triage.Flag{triage.FlagRed, triage.FlagOrange, triage.FlagGray}
	for i := range alerts {
		s.Entries = append(s.Entries, &triage.Entry{Day: today, ConfirmedAt: now, Alert: triage.Alert{
			ID:      triage.AlertID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)),
			Patient: triage.PatientID(fmt.Sprintf("patient-%d", i%300)), Group: "group-1", Program: publishedMark + "0",
			Type: triage.TypeMeasurement, Flag: flags[i%len(flags)], Status: triage.StatusOpen,
			CreatedAt: now.Add(-time.Hour), UpdatedAt: now.Add(-time.Hour),
		}})
	}
	b := &changingBoard{}
	b.current.Store(s.Freeze())
	return b
}

// change changes the next alert and answers the board as it is then.
func (b *changingBoard) change(at time.Time) *triage.Snapshot {
	s := *b.current.Load()
	s.Version++
	s.Entries = slices.Clone(s.Entries)
	e := *s.Entries[b.next]
	s.Entries[b.next] = &e
	b.next = (b.next + 7) % len(s.Entries)
	e.UpdatedAt, e.Program = at.UTC(), triage.ProgramID(publishedMark+strconv.FormatInt(at.UnixNano(), 10))
	newer := s.Freeze()
	b.current.Store(newer)
	return newer
}

// Snapshot implements handlers.Board.
func (b *changingBoard) Snapshot() *triage.Snapshot { return b.current.Load() }

// Find implements handlers.Board.
func (b *changingBoard) Find(_ context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	e, ok := b.Snapshot().Entry(id)
	return e, ok, nil
}

// OfPatient implements handlers.Board. Nobody opens an alert here.
func (b *changingBoard) OfPatient(context.Context, triage.PatientID) ([]triage.Entry, error) {
	return nil, nil
}

// History implements handlers.Board. Nobody opens an alert here.
func (b *changingBoard) History(context.Context, triage.Alert) ([]triage.Record, error) {
	return nil, nil
}

// theAdmin is the persona.
func theAdmin() triage.HCP {
	return triage.HCP{
		ID: persona, FirstName: "Bo", LastName: "Jansen", Email: "b.jansen@bench.example", Role: triage.RoleAdmin, Active: true,
	}
}

// NotesWith implements handlers.Board.
func (b *changingBoard) NotesWith(triage.Term) map[triage.AlertID]bool { return nil }

// noNames gives each patient the same name, and knows none of anything else: so
// a program is shown by its id.
type noNames struct{}

// Patient implements handlers.Names.
func (noNames) Patient(id triage.PatientID) (triage.Patient, bool) {
	return triage.Patient{
		ID: id, FirstName: "Marieke", MiddleName: "van den", LastName: "Berg-Jansen", BirthDate: "1945-07-14", Number: "7001234",
	}, true
}

// HCP implements handlers.Names.
func (noNames) HCP(triage.HCPID) (triage.HCP, bool) { return triage.HCP{}, false }

// GroupName implements handlers.Names.
func (noNames) GroupName(triage.GroupID) string { return "Hartfalen thuis" }

// ProgramName implements handlers.Names.
func (noNames) ProgramName(triage.ProgramID) string { return "" }

// GroupNames implements handlers.Names.
func (noNames) GroupNames() iter.Seq2[triage.GroupID, string] {
	return maps.All(map[triage.GroupID]string{})
}

// ProgramNames implements handlers.Names.
func (noNames) ProgramNames() iter.Seq2[triage.ProgramID, string] {
	return maps.All(map[triage.ProgramID]string{})
}

// Patients implements handlers.Names.
func (noNames) Patients() iter.Seq[triage.Patient] { return maps.Values(map[int]triage.Patient{}) }

// ProtocolName implements handlers.Names.
func (noNames) ProtocolName(triage.ProtocolID) string { return "" }

// Source implements handlers.Names.
func (noNames) Source() triage.NameSource { return triage.NamesFromAPI }

// At implements handlers.Names.
func (noNames) At() time.Time { return time.Time{} }

// Version implements handlers.Names.
func (noNames) Version() uint64 { return 1 }

// HCPByEmail implements auth.Directory.
func (noNames) HCPByEmail(_ context.Context, email string) (triage.HCP, bool, error) {
	return theAdmin(), email == theAdmin().Email, nil
}

// HCPInMemory implements auth.Directory.
func (n noNames) HCPInMemory(email string) (triage.HCP, bool, bool) {
	h, active, err := n.HCPByEmail(context.Background(), email)
	return h, active, err == nil
}

// GroupsOf implements auth.Directory.
func (noNames) GroupsOf(triage.HCP) (map[triage.GroupID]bool, []string) { return nil, nil }
