package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"triageboard/internal/desk"
	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// showKeyHelp is every key there is, as this user has them.
func (s *Server) showKeyHelp(w http.ResponseWriter, r *http.Request) error {
	l := s.words(r)
	return s.render(w, r, http.StatusOK, templates.KeyHelpPage(templates.KeyHelp{
		Page: s.page(r, l.T("keys.page")), Topics: topics(l, s.settings(r).Keys),
	}))
}

// showOwnKeys is the page where keys are changed (R29).
func (s *Server) showOwnKeys(w http.ResponseWriter, r *http.Request) error {
	return s.ownKeysPage(w, r, http.StatusOK, nil, nil)
}

// ownKeysPage shows the keys as they are kept, or as typed, with why some can't
// be.
func (s *Server) ownKeysPage(w http.ResponseWriter, r *http.Request, status int, typed url.Values, problems map[string]*desk.KeyError) error {
	l, own := s.words(r), s.settings(r)
	page := templates.OwnKeys{Page: s.page(r, l.T("keys.own")), Notice: s.settingsNotice(r)}
	if len(problems) > 0 {
		page.Notice = &components.Notice{Kind: "error", Title: l.T("keys.wrong"), Lines: []string{l.T("keys.wrong_text")}}
	}
	for _, topic := range desk.Topics {
		t := templates.OwnKeysTopic{Title: l.T("topic." + string(topic))}
		for _, command := range desk.Commands {
			if command.Topic != topic {
				continue
			}
			kept := own.Keys.KeyOf(command)
			field := templates.OwnKey{
				Name: keyField(command.ID), Word: commandWord(l, command.ID), Typed: kept, Was: kept, Fixed: fixedKeys(command),
			}
			if value, ok := sent(typed, field.Name); ok {
				field.Typed = value
				field.Was = typed.Get("was-" + field.Name) // it still differs from what this user was shown
			}
			if problem := problems[command.ID]; problem != nil {
				field.Error = keyProblem(l, problem, typed)
			}
			t.Keys = append(t.Keys, field)
		}
		page.Topics = append(page.Topics, t)
	}
	return s.render(w, r, status, templates.OwnKeysPage(page))
}

func keyField(command string) string { return "key-" + command }

// keyProblem says why a command can't have the key that was typed.
func keyProblem(l *i18n.Locale, problem *desk.KeyError, typed url.Values) string {
	if !errors.Is(problem.Err, desk.ErrKeyTaken) {
		return l.T("keys.not_a_key")
	}
	i := slices.IndexFunc(desk.Commands, func(c desk.Command) bool { return c.ID == problem.Other })
	other := desk.Commands[i]
	key, ok := sent(typed, keyField(other.ID))
	if !ok {
		key = other.Key
	}
	return l.T("keys.taken", commandWord(l, other.ID), strings.Join(shownKey(readKey(key)).Caps, " "))
}

// readKey is a key as it was typed: a blank too many means nothing.
func readKey(typed string) string { return strings.Join(strings.Fields(typed), " ") }

// changeKeys keeps the keys that were typed, or none of them where one can't be.
// Those left as they were shown aren't touched, like settings.
func (s *Server) changeKeys(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	var problems map[string]*desk.KeyError
	err := s.Settings.Change(r.Context(), s.actor(r).ID, func(own *desk.Settings) error {
		if r.PostForm.Has("usual") {
			own.Keys = nil
			return nil
		}
		for _, command := range desk.Commands {
			typed, ok := changed(r.PostForm, keyField(command.ID))
			switch key := readKey(typed); {
			case !ok:
			case key == command.Key:
				delete(own.Keys, command.ID)
			default:
				own.Keys[command.ID] = key
			}
		}
		problems = own.Keys.Problems()
		return nil
	})
	var refused *desk.KeyError
	switch {
	case errors.As(err, &refused):
		return s.ownKeysPage(w, r, http.StatusUnprocessableEntity, r.PostForm, problems)
	case err != nil:
		return err
	}
	return s.settingsKept(w, r, "/settings/keys")
}
