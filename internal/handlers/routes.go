package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"triageboard/web/static"
)

// routes is every route there is. A path the program is hosted below stands
// before all of them.
func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(s.requestID, s.behindProxies, s.accessLog, s.recoverPanics, s.secure)

	inside := chi.NewRouter()
	inside.Use(middleware.GetHead)
	inside.Get("/livez", s.livez)
	inside.Get("/readyz", s.readyz)
	inside.With(noDocument).Handle(static.Route+"*", s.Assets.Handler())

	inside.With(private, s.overTLS, s.Auth.ReadOnly, s.requireStreamActor).Get("/events", s.handle(s.events))

	inside.Group(func(r chi.Router) {
		r.Use(private, s.overTLS, limitBody, s.Auth.Middleware, s.sameOrigin)
		r.Get("/signin", s.handle(s.showSignIn))
		r.Post("/signin", s.handle(s.signIn))
		r.Post("/language", s.handle(s.setLanguage))

		r.Group(func(r chi.Router) {
			r.Use(s.requireActor)
			r.Get("/", s.handle(s.showBoard))
			r.Post("/search", s.handle(s.postSearch))
			r.Get("/settings/views", s.handle(s.showViews))
			r.Post("/settings/views", s.handle(s.postView))
			r.Post("/alerts", s.handle(s.actOnAll))
			r.Get("/alerts/bulk", s.handle(s.askBulk))
			r.Get("/batches/{id}", s.handle(s.showBatch))
			r.Get("/alerts/{id}", s.handle(s.showAlert))
			r.Post("/alerts/{id}", s.handle(s.act))
			r.Get("/alerts/{id}/escalate", s.handle(s.askEscalate))
			r.Get("/alerts/{id}/trend", s.handle(s.showTrend))
			r.Post("/alerts/{id}/draft", s.handle(s.saveDraft))
			r.Post("/undo", s.handle(s.undo))
			r.Post("/printed", s.handle(s.printed))
			r.Get("/actions", s.handle(s.showActions))
			r.Post("/actions/{id}/retry", s.handle(s.retry))
			r.Post("/actions/{id}/settle", s.handle(s.settle))
			r.Get("/settings", s.handle(s.showSettings))
			r.Post("/settings", s.handle(s.changeSettings))
			r.Get("/settings/keys", s.handle(s.showOwnKeys))
			r.Post("/settings/keys", s.handle(s.changeKeys))
			r.Get("/help/keys", s.handle(s.showKeyHelp))
			r.Get("/commands", s.handle(s.showCommands))
			r.Post("/signout", s.handle(s.signOut))
			r.Get("/audit", s.handle(s.showAudit))
			r.Get("/reports", s.handle(s.showReports))
			r.Get("/reports/{type}", s.handle(s.showReport))
			r.Get("/reports/{type}/download", s.handle(s.downloadReport))
			r.Post("/reports/{type}/downloads", s.handle(s.startDownload))
			r.Get("/downloads/{id}", s.handle(s.showDownload))
			r.Post("/downloads/{id}", s.handle(s.changeDownload))
			r.Get("/downloads/{id}/file", s.handle(s.downloadFile))
			r.Get("/insights", s.handle(s.showInsights))
			if s.Sandbox {
				r.Get("/gallery", s.handle(s.showGallery))
			}
		})
		r.NotFound(s.handle(func(http.ResponseWriter, *http.Request) error { return errNoPage }))
		r.MethodNotAllowed(s.handle(wrongMethod(inside)))
	})

	if s.base == "" {
		r.Mount("/", inside)
	} else {
		r.Mount(s.base, http.StripPrefix(s.base, inside))
	}
	return r
}

// wrongMethod says which methods the path does take (RFC 9110, 15.5.6).
func wrongMethod(routes chi.Routes) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if routes.Match(chi.NewRouteContext(), method, r.URL.EscapedPath()) {
				w.Header().Add("Allow", method)
			}
		}
		return errMethod
	}
}
