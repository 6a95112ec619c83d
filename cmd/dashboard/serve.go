package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/board"
	"triageboard/internal/config"
	"triageboard/internal/desk"
	"triageboard/internal/directory"
	"triageboard/internal/download"
	"triageboard/internal/handlers"
	"triageboard/internal/i18n"
	"triageboard/internal/insight"
	"triageboard/internal/luscii"
	"triageboard/internal/outbox"
	"triageboard/internal/storage"
	"triageboard/internal/telemetry"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
	"triageboard/web/static"
)

// collectAt is by how much memory may grow, in percent, before what isn't needed
// any more is collected: a quarter of Go's default. Most of it is alerts and names,
// which stay, so to collect oftener saves a third; it costs a fifth more processor
// time, but only where hundreds of pages a second are asked for. GOGC goes before.
const collectAt = 25

// stopWithin is how long requests under way may take when the program stops.
const stopWithin = 4 * time.Second

// serve runs the board until ctx ends.
func serve(ctx context.Context, args []string, env environment) (err error) {
	c, err := load(args, env)
	if err != nil {
		return err
	}
	if env.getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	log := telemetry.NewLogger(env.stderr, slog.LevelInfo)
	for _, name := range c.Ignored {
		log.Warn("a setting has no effect beside the others", slog.String("setting", name))
	}
	assets, err := static.Load(c.PublicURL.Path)
	if err != nil {
		return err
	}
	store, err := storage.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	if err := store.BindUpstream(ctx, upstreamName(c)); err != nil {
		return err
	}
	up, err := openUpstream(c, log, env.stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, up.close()) }()

	p, err := assemble(ctx, c, log, assets, store, up, env.stdout)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, c, log)
	if err != nil {
		return err
	}
	if err := announce(env.stdout, c, listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}

	var background, recording sync.WaitGroup
	// The audit trail goes on until the last request has been answered.
	toTheEnd, endOfRecording := context.WithCancel(context.WithoutCancel(ctx))
	recording.Go(func() { p.audit.Run(toTheEnd) })
	ctx, cancel := context.WithCancel(ctx)
	for _, work := range []func(context.Context){up.run, p.board.Run, p.directory.Run, p.drafts.Run, p.searches.Run, p.outbox.Run, p.stars.Run, p.downloads.Run, p.trends} {
		background.Go(func() { work(ctx) })
	}
	web := newHTTPServer(p.server.Handler(), log)
	web.RegisterOnShutdown(p.server.StopStreams)
	err = serveUntil(ctx, web, listener)
	cancel()
	background.Wait()
	endOfRecording()
	recording.Wait()
	return err
}

// parts are what runs.
type parts struct {
	board     *board.Board
	directory *directory.Directory
	drafts    *desk.Drafts
	searches  *desk.Searches
	outbox    *outbox.Outbox
	stars     *insight.StarRatings
	downloads *download.Jobs
	audit     *audit.Recorder
	server    *handlers.Server
	trends    func(context.Context) // fills them until the context ends
}

// assemble wires the packages together, and loads the last board from storage.
func assemble(ctx context.Context, c config.Config, log *slog.Logger, assets *static.Assets, store *storage.Store, up *upstream, stdout io.Writer) (parts, error) {
	words, err := i18n.Load()
	if err != nil {
		return parts{}, err
	}
	client, err := luscii.New(luscii.Options{
		BaseURL: up.baseURL, Key: up.serviceKey, MaxRPS: c.MaxRPS, WriteTimeout: c.WriteTimeout, Zone: c.Timezone, Logger: log,
	})
	if err != nil {
		return parts{}, &usageError{err}
	}
	names := directory.New(client, log)
	stars := insight.NewStarRatings(client, c.Timezone, time.Now, log)
	insights := insight.New(insight.Options{Store: store, Zone: c.Timezone, Stars: stars, Now: time.Now})
	var server *handlers.Server // before anything is published
	alerts, err := board.New(ctx, board.Options{
		Source: client, Mirror: watched{store, insights}, Interval: c.PollInterval, WindowDays: c.WindowDays, Zone: c.Timezone, Logger: log,
		OnPublish: func(older, newer *triage.Snapshot) {
			names.Meet(triage.Diff(older, newer).Added)
			server.Publish(newer)
		},
	})
	if err != nil {
		return parts{}, err
	}
	sealer, err := newSealer(c)
	if err != nil {
		return parts{}, err
	}
	chain, err := newChain(sealer)
	if err != nil {
		return parts{}, err
	}
	recorder := audit.NewRecorder(audit.Options{
		Keeper: store, Chain: chain, Out: stdout, Organisation: c.PublicURL.Hostname(), Years: c.AuditYears, Log: log,
	})

	sessions := auth.New(auth.Options{
		Store: store, Sessions: store.Sessions(), Sealer: sealer, Directory: names, Keys: client,
		Personas: up.personas, PublicURL: c.PublicURL, Lifetime: c.Session, Now: time.Now, Log: log,
		Failed: func(w http.ResponseWriter, r *http.Request, err error) { server.Fail(w, r, err) },
	})
	downloads, err := download.NewJobs(downloadsFolder(c), client, sealer, downloadLimits, log)
	if err != nil {
		return parts{}, err
	}
	drafts, searches := desk.NewDrafts(store, sealer, log), desk.NewSearches(store, sealer, log)
	deliveries, err := outbox.New(ctx, outbox.Options{
		Store: store, Truth: alerts, Luscii: client, Recorder: recorder, Sealer: sealer,
		Timeout: c.WriteTimeout, Grace: c.WriteGrace, RetryFor: c.RetryFor, Log: log,
		OnChange: func(alerts []triage.AlertID) { server.Delivered(alerts) },
	})
	if err != nil {
		return parts{}, err
	}
	run, trends, err := openTrends(ctx, c, store, client, sealer, alerts, log)
	if err != nil {
		return parts{}, err
	}
	server = handlers.New(handlers.Options{
		Board: alerts, Names: names, Actions: triage.NewService(alerts, deliveries, c.RetryFor), Outbox: deliveries, Drafts: drafts,
		Settings: desk.NewSettingsKeeper(store, sealer, log), Searches: searches, Auth: sessions, Audit: recorder, Insights: insights, Trends: trends,
		Reports: client, Downloads: downloads, ReportPace: c.MaxRPS * reportShare,
		Words: words, Assets: assets, Categories: categories(c.Categories), WaitingLimits: triage.WaitingLimits(c.WaitingLimits), Zone: c.Timezone, PublicURL: c.PublicURL, TrustedProxy: c.TrustedProxies.Holds,
		Interval: c.PollInterval, WindowDays: c.WindowDays, Sandbox: c.Sandbox, Ready: store.Ping, Log: log,
	})
	names.OnRename(server.Renamed)
	return parts{board: alerts, directory: names, drafts: drafts, searches: searches, outbox: deliveries, stars: stars, downloads: downloads, audit: recorder, server: server, trends: run}, nil
}

// endOfDays lies behind every day there is.
const endOfDays = triage.Day("9999-12-31")

// openTrends makes what keeps and fills the measurements; where they are turned off
// there is nothing to show, nothing is read, and what was kept is forgotten.
func openTrends(ctx context.Context, c config.Config, store *storage.Store, client *luscii.Client, sealer *auth.Sealer, alerts *board.Board, log *slog.Logger) (run func(context.Context), shown handlers.Trends, err error) {
	if !c.ExportContext {
		return func(context.Context) {}, nil, store.ForgetSheets(ctx, endOfDays)
	}
	m, err := trend.New(ctx, trend.Options{
		Store: store, Exports: client, Sealer: sealer, Zone: c.Timezone, Log: log,
		Busy: func() bool { return len(alerts.Snapshot().Entries) > 0 },
	})
	if err != nil {
		return nil, nil, err
	}
	return m.Run, m, nil
}

// watched is the mirror, of whose changes the insights are told.
type watched struct {
	*storage.Store
	insights *insight.Insights
}

// PutEntries implements board.Mirror.
func (w watched) PutEntries(ctx context.Context, entries []triage.Entry) error {
	err := w.Store.PutEntries(ctx, entries)
	w.insights.Changed(entries)
	return err
}

// ForgetBefore implements board.Mirror.
func (w watched) ForgetBefore(ctx context.Context, first triage.Day) error {
	err := w.Store.ForgetBefore(ctx, first)
	w.insights.Forgot(first)
	return err
}

// newSealer takes the sealing keys from the settings, else from the file beside
// the database, made at the first start.
func newSealer(c config.Config) (*auth.Sealer, error) {
	if c.SecretKey.IsSet() {
		s, err := auth.NewSealer(c.SecretKey.Reveal())
		if err != nil {
			return nil, &usageError{fmt.Errorf("DASHBOARD_SECRET_KEY: %w", err)}
		}
		return s, nil
	}
	list, err := auth.LoadOrCreateKey(keyFile(c))
	if err != nil {
		return nil, err
	}
	return auth.NewSealer(list)
}

// keyFile holds the sealing key where the settings give none.
func keyFile(c config.Config) string { return c.DatabaseFile() + ".key" }

// downloadLimits are what reports being fetched and kept may take; ours.
var downloadLimits = download.Limits{Running: 3, Own: 2, Bytes: 10 << 30, Keep: 24 * time.Hour}

// reportShare is about how much of the requests to Luscii is left for reports while
// the board is live; what is told of their duration rests on it.
const reportShare = 0.2

// downloadsFolder is where reports are kept, sealed, while they are fetched and
// until they were taken: beside the database.
func downloadsFolder(c config.Config) string { return c.DatabaseFile() + ".downloads" }

// newChain makes the audit trail's chain under keys of its own, which follow from
// the sealing keys.
func newChain(sealer *auth.Sealer) (*audit.Chain, error) {
	keys, err := sealer.Derive("audit chain")
	if err != nil {
		return nil, err
	}
	return audit.NewChain(keys, sealer)
}

func categories(configured config.Categories) []handlers.Category {
	out := make([]handlers.Category, 0, len(configured))
	for _, c := range configured {
		out = append(out, handlers.Category{Value: c.Value, Labels: map[string]string{"nl": c.Dutch, "en": c.English}})
	}
	return out
}

// serveUntil serves until ctx ends, then lets requests under way finish.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener) error {
	waiting := unasked{conns: map[net.Conn]struct{}{}}
	server.ConnState = waiting.note
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		waiting.close()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			stopped <- errors.Join(fmt.Errorf("requests were cut off: %w", err), server.Close())
			return
		}
		stopped <- nil
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-stopped
}

// unasked are the connections on which nothing was asked yet, such as browsers
// open ahead of need. Shutdown would wait for them as for requests under way.
type unasked struct {
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	closing bool
}

// note follows a connection, for http.Server.ConnState.
func (u *unasked) note(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(u.conns, c)
	case u.closing:
		_ = c.Close() // nobody learns of it but the one who opened it
	default:
		u.conns[c] = struct{}{}
	}
}

// close closes them, and those still to come.
func (u *unasked) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closing = true
	for c := range u.conns {
		_ = c.Close() // nobody learns of it but the one who opened it
	}
}

// announce says where the board is and how to sign in.
func announce(w io.Writer, c config.Config, addr net.Addr) error {
	how := "with your work e-mail address and your own Luscii key"
	if c.Auth == config.AuthSandbox {
		how = "as one of the personas on the page"
	}
	public := *c.PublicURL
	if public.Port() == "0" {
		public = url.URL{Scheme: public.Scheme, Host: addr.String(), Path: public.Path}
	}
	_, err := fmt.Fprintf(w, "Triage Board: %s\nSign in %s.\n", public.String(), how)
	return err
}
