package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// setting is one thing a user can choose: name is the form field's, options are
// its values, the usual one first.
type setting struct {
	name    string
	options []string
	get     func(desk.Settings) string
	set     func(*desk.Settings, string)
}

// offered are the settings in their order on the page. Keys have their own.
var offered = []setting{
	{
		"language", []string{"", "nl", "en"},
		func(s desk.Settings) string { return s.Language }, func(s *desk.Settings, v string) { s.Language = v },
	},
	{
		"theme", values(desk.Themes),
		func(s desk.Settings) string { return string(s.Theme) }, func(s *desk.Settings, v string) { s.Theme = desk.Theme(v) },
	},
	{
		"density", values(desk.Densities),
		func(s desk.Settings) string { return string(s.Density) }, func(s *desk.Settings, v string) { s.Density = desk.Density(v) },
	},
	{
		"view", append([]string{""}, values(viewsInOrder)...),
		func(s desk.Settings) string { return string(s.DefaultView) }, func(s *desk.Settings, v string) { s.DefaultView = triage.Status(v) },
	},
	{
		"advance", []string{"on", "off"},
		func(s desk.Settings) string { return onOff(s.AutoAdvance) }, func(s *desk.Settings, v string) { s.AutoAdvance = v == "on" },
	},
	{
		"sound", []string{"off", "on"},
		func(s desk.Settings) string { return onOff(s.Sound) }, func(s *desk.Settings, v string) { s.Sound = v == "on" },
	},
}

func values[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// flashSettings is the flash of settings that were kept.
const flashSettings = "settings.saved"

// showSettings is the page of one's own settings.
func (s *Server) showSettings(w http.ResponseWriter, r *http.Request) error {
	return s.settingsPage(w, r, http.StatusOK, nil, nil)
}

// settingsPage shows the settings as they are kept, or as typed, with what is
// wrong by field.
func (s *Server) settingsPage(w http.ResponseWriter, r *http.Request, status int, typed url.Values, wrong map[string]string) error {
	l, own := s.words(r), s.settings(r)
	page := templates.Settings{Page: s.page(r, l.T("settings")), Notice: s.settingsNotice(r)}
	if len(wrong) > 0 {
		page.Notice = &components.Notice{Kind: "error", Title: l.T("settings.wrong")}
	}
	for _, set := range offered {
		kept := set.get(own)
		shown := kept
		if value, ok := sent(typed, set.name); ok {
			shown = value
		}
		field := templates.Setting{Name: set.name, Label: l.T("setting." + set.name), Was: kept, Error: wrong[set.name]}
		for _, value := range set.options {
			field.Options = append(field.Options, templates.Category{
				Value: value, Label: l.T("setting." + set.name + "." + firstOf(value, "usual")), Selected: value == shown,
			})
		}
		page.Fields = append(page.Fields, field)
	}
	return s.render(w, r, status, templates.SettingsPage(page))
}

// settingsNotice says once that settings were kept.
func (s *Server) settingsNotice(r *http.Request) *components.Notice {
	if r.Method != http.MethodGet {
		return nil
	}
	if flash, ok := s.Auth.PopFlash(r.Context()); !ok || flash.Kind != flashSettings {
		return nil
	}
	return &components.Notice{Kind: "info", Title: s.words(r).T(flashSettings)}
}

// changeSettings keeps what was chosen. A form may hold a few of the settings
// alone; one it holds unchanged since it was shown isn't touched, so that it
// can't take back what another tab has set meanwhile.
func (s *Server) changeSettings(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	wrong := map[string]string{}
	var changes []func(*desk.Settings)
	for _, set := range offered {
		value, ok := changed(r.PostForm, set.name)
		switch {
		case !ok:
		case !slices.Contains(set.options, value):
			wrong[set.name] = s.words(r).T("invalid.setting")
		default:
			changes = append(changes, func(own *desk.Settings) { set.set(own, value) })
		}
	}
	if len(wrong) > 0 {
		return s.settingsPage(w, r, http.StatusUnprocessableEntity, r.PostForm, wrong)
	}
	err := s.Settings.Change(r.Context(), s.actor(r).ID, func(own *desk.Settings) error {
		for _, change := range changes {
			change(own)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if language, ok := changed(r.PostForm, "language"); ok {
		s.Auth.SetLanguage(r.Context(), language) // for the sign-in page; "as the browser" holds there, too
	}
	return s.settingsKept(w, r, "/settings")
}

// settingsKept goes back to where the form was, or shows the page with a word
// that it worked.
func (s *Server) settingsKept(w http.ResponseWriter, r *http.Request, page string) error {
	to := s.base + page
	if back := r.PostForm.Get("back"); back != "" {
		to = s.localPath(back)
	} else if err := s.Auth.Flash(r.Context(), auth.Flash{Kind: flashSettings}); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // localPath lets nothing through that leads outside
	return nil
}

// sent is a field of a form, if the form holds it.
func sent(form url.Values, name string) (string, bool) {
	if !form.Has(name) {
		return "", false
	}
	return form.Get(name), true
}

// changed is a field of a form, if it differs from what it was when the form was
// shown.
func changed(form url.Values, name string) (string, bool) {
	value, ok := sent(form, name)
	was, told := sent(form, "was-"+name)
	return value, ok && (!told || value != was)
}
