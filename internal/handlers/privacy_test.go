package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// R25: whatever happens in a shift, neither the log nor any address holds what
// belongs to a person.
func TestNothingPersonalLeaks(t *testing.T) {
	for name, settle := range map[string]func(*house){"persona": func(*house) {}, "key": withKeys} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, settle)
			h.board.history = func(context.Context, triage.Alert) ([]triage.Record, error) {
				return []triage.Record{{Action: "process", Note: "secret note", Category: "secret category"}}, triage.ErrPartial
			}
			h.board.shape = func(s *triage.Snapshot) { s.LastError = triage.ErrMalformed }
			var told []string
			b := h.stranger()
			b.checks = append(b.checks, func(a answer) {
				told = append(told, addresses(a)...)
				for name, values := range a.header {
					if name != "Set-Cookie" {
						told = append(told, values...)
					}
				}
			})
			h.names.patient(triage.Patient{
				ID: "p-berg", FirstName: "Saskia", MiddleName: "van den", LastName: "Berg-de Wit", BirthDate: "1945-07-14", Sex: "female",
				Number: "7001234", Phone: "+31 6 12345678", Email: "saskia@home.test",
			})
			shift(h, b)

			require.Contains(t, h.log.String(), "action accepted")
			require.Contains(t, h.log.String(), "an action was not carried out")
			require.Contains(t, h.log.String(), "/alerts/{id}", "the log names routes")
			require.Greater(t, len(told), 500)
			trail, kept := h.audit.asShipped()
			require.Greater(t, kept, 10)
			everything := h.log.String() + "\n" + strings.Join(told, "\n") + "\n" + trail
			plain, err := url.QueryUnescape(strings.ReplaceAll(everything, "%", "%25"))
			require.NoError(t, err)
			for _, text := range []string{everything, plain} {
				// As written: request ids are capitals and could spell a name.
				for _, personal := range []string{
					"Saskia", "saskia", "Berg", "1945-07", "14-Jul", "7001234", "12345678", "home.test", // the patient
					"Anna", "Vries", "devries", "hospital.test", // who works here
					"secret", "key-of-", // what they typed, and their keys
				} {
					assert.NotContains(t, text, personal)
				}
			}
			assert.NotContains(t, h.log.String(), "a-1?", "nor queries")
			assert.NotContains(t, h.log.String(), "flag=red")
		})
	}
}

// R26
func TestTextIsNeverMarkup(t *testing.T) {
	h := newHouse(t)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>"'><b>&amp;`
	h.names.patient(triage.Patient{ID: "p-evil", FirstName: evil, BirthDate: evil, Number: evil, Sex: evil, Phone: evil, Protocol: "proto-1", ProtocolName: evil})
	h.names.groups["g-evil"], h.names.programs["pr-evil"] = evil, evil
	h.names.hcps["h-evil"] = triage.HCP{ID: "h-evil", LastName: evil}
	id := triage.AlertID(`"><script>`)
	h.board.put(
		anAlert(id, triage.Flag(evil), ofPatient("p-evil"), ofType(triage.Type(evil)), inGroup("g-evil"), func(a *triage.Alert) {
			a.Status, a.Program, a.EscalatedAt, a.EscalatedBy = triage.Status(evil), "pr-evil", created, "h-evil"
		}),
		anAlert("a-nobody", triage.FlagRed, ofPatient(triage.PatientID(evil)), inGroup(triage.GroupID(evil))),
	)
	h.board.history = func(context.Context, triage.Alert) ([]triage.Record, error) {
		return []triage.Record{{Action: evil, Category: evil, Note: evil, Source: evil, CreatedAt: created}}, nil
	}
	h.actions.fails = triage.ErrUnavailable
	b := h.as(admin)
	form := decide(h, id, "processed", "note", evil+"</textarea>", "category", evil)
	path := "/alerts/" + url.PathEscape(string(id))
	for _, page := range []answer{
		b.get("/"), b.get("/?flag=" + url.QueryEscape(evil) + "&group=" + url.QueryEscape(evil)), b.get("/?status=" + url.QueryEscape(evil)),
		b.get(path), b.get("/alerts/a-nobody"), b.get(path + "/escalate"), b.post(path, form), b.post(path, form, htmx...),
		b.get("/nothing?" + url.QueryEscape(evil)),
	} {
		// markuptest, which every answer goes through, found no inline script and
		// no handler; nor may there be an element of theirs.
		assert.Zero(t, page.all("img").Length(), page.path)
		assert.Zero(t, page.all("script").Length()-page.all("head script").Length(), page.path)
	}
	detail := b.get(path)
	assert.Equal(t, evil, detail.text("[data-record] .note"), "remarks are shown as they are")
	assert.Equal(t, strings.Join(strings.Fields(evil), " "), detail.text("#detail > .banner h2"))
	assert.Equal(t, evil+"</textarea>", b.post(path, form).find("#note").Text())
}

// R9: what is long is there in full.
func TestLongNamesAreWhole(t *testing.T) {
	h := newHouse(t)
	name := "Wilhelmina Alexandra van Nassau-Dietz tot Sint-Maartensdijk en Woudrichem"
	h.names.patient(triage.Patient{ID: "p-long", FirstName: name})
	h.board.put(anAlert("a-1", triage.FlagRed, ofPatient("p-long")))
	b := h.as(admin)
	assert.Equal(t, name, b.get("/").text("#a-a-1 .who"))
	assert.Equal(t, name, b.get("/alerts/a-1").text("#detail > .banner h2"))
}

// The name of a key's owner, or the key, is in no page either.
func TestKeysAreInNoPage(t *testing.T) {
	h := newHouse(t, withKeys)
	b := h.stranger()
	b.checks = append(b.checks, func(a answer) {
		assert.NotContains(t, a.body, "secret-own-key", a.path)
		assert.NotContains(t, a.body, "secret-wrong-key", a.path)
	})
	shift(h, b)
	assert.Equal(t, http.StatusOK, b.get("/signin").status)
}
