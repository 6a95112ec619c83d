package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startKeyMode runs the board as a hospital would: on a Luscii elsewhere, by
// service key, with nothing said about signing in.
func startKeyMode(t *testing.T) *runningBoard {
	t.Helper()
	luscii := startSandboxAlone(t)
	b := startBoard(t, "LUSCII_API_KEY="+luscii.serviceKey, "LUSCII_BASE_URL="+luscii.url, "DASHBOARD_SANDBOX_OPTIONS=")
	b.sandbox = luscii
	return b
}

// signInWithKey tries an e-mail address and a key.
func (v *visitor) signInWithKey(email, key string) answer {
	v.t.Helper()
	return v.post("/signin", url.Values{"email": {email}, "key": {key}})
}

// signInAs signs in as a persona of the embedded sandbox.
func (v *visitor) signInAs(b *runningBoard, name string) {
	v.t.Helper()
	require.Equal(v.t, http.StatusSeeOther, v.post("/signin", url.Values{"persona": {b.sandbox.hcp(name).ID}}).status)
}

// complete reports that every day of the window was read.
func complete(a answer) bool {
	return a.Find("#board[data-freshness=live]").Length() == 1 && a.Find(".counts.not-known").Length() == 0
}

// rowIDs is the alerts a page lists.
func rowIDs(a answer) []string {
	return a.Find(".row[data-alert-id]").Map(func(_ int, row *goquery.Selection) string { return row.AttrOr("data-alert-id", "") })
}

func TestSignInWithKeySeesOnlyItsGroups(t *testing.T) {
	t.Parallel()
	b := startKeyMode(t)
	mine, foreign := openByGroups(b.sandbox, b.sandbox.hcp(marieke).Groups)
	require.NotEmpty(t, mine)
	require.NotEmpty(t, foreign)

	v := newVisitor(t, b.url)
	signedIn := v.signInWithKey(b.sandbox.personas[marieke].Email, b.sandbox.personas[marieke].Key)
	require.Equal(t, http.StatusSeeOther, signedIn.status)
	require.Equal(t, "/", signedIn.header.Get("Location"))

	page := v.until("/", complete)
	assert.ElementsMatch(t, mine, rowIDs(page))
	assert.Contains(t, page.Find(".session").Text(), marieke)
	assert.Zero(t, page.Find(".ribbon").Length(), "nothing tells that this Luscii is a sandbox")

	// A foreign alert can't be told from one that doesn't exist, whatever is asked of it.
	unknown := v.get(alertPath("00000000-0000-4000-8000-000000000000"))
	require.Equal(t, http.StatusNotFound, unknown.status)
	form := url.Values{"status": {"processed"}, "seen": {"2026-01-01T00:00:00Z"}}
	for _, tail := range []string{"", "/escalate"} {
		theirs := v.get(alertPath(foreign[0]) + tail)
		assert.Equal(t, http.StatusNotFound, theirs.status)
		assert.Equal(t, unknown.body, theirs.body)
		assert.Equal(t, slices.Sorted(maps.Keys(unknown.header)), slices.Sorted(maps.Keys(theirs.header)))
	}
	posted, postedUnknown := v.post(alertPath(foreign[0]), form), v.post(alertPath("nothing"), form)
	assert.Equal(t, http.StatusNotFound, posted.status)
	assert.Equal(t, postedUnknown.body, posted.body)
	assert.Equal(t, "open", b.sandbox.alert(foreign[0]).Status)
}

// openByGroups divides the open alerts by whether they are of a group in the
// list of names, as the hcps report gives it.
func openByGroups(s *sandboxAPI, names string) (mine, foreign []string) {
	in := map[string]bool{}
	for _, p := range s.patients() {
		if p.Group.ID != "" && strings.Contains(names, p.Group.Name) {
			in[p.Group.ID] = true
		}
	}
	for _, a := range s.open("") {
		if in[a.Group] {
			mine = append(mine, a.ID)
		} else {
			foreign = append(foreign, a.ID)
		}
	}
	return mine, foreign
}

// What is wrong with a sign-in isn't told: not which half, and not whether
// anybody has that address.
func TestRefusedSignInsLookTheSame(t *testing.T) {
	t.Parallel()
	b := startKeyMode(t)
	people := b.sandbox.personas
	tries := []struct{ name, email, key string }{
		{"wrong key", people[marieke].Email, "sbx-primary-wrong"},
		{"unknown e-mail", "nobody@zandbak.example", people[marieke].Key},
		{"key of another role", people[marieke].Email, people[admin].Key},
		{"both wrong", "nobody@zandbak.example", "wrong"},
		{"no key", people[marieke].Email, ""},
		{"a persona's id instead", "", ""},
	}
	var first string
	for i, try := range tries {
		v := newVisitor(t, b.url)
		a := v.signInWithKey(try.email, try.key)
		assert.Equal(t, http.StatusUnprocessableEntity, a.status, try.name)
		assert.Equal(t, try.email, a.Find("#email").AttrOr("value", ""), "what was typed stays")
		if try.key != "" {
			assert.NotContains(t, a.body, try.key, "but not the key")
		}
		body := a.body
		if try.email != "" {
			body = strings.ReplaceAll(body, try.email, "")
		}
		if i == 0 {
			first = body
		}
		assert.Equal(t, first, body, try.name)
		assert.Equal(t, http.StatusSeeOther, v.get("/").status, "and nobody is signed in")
	}
}

// What a clinician does goes to Luscii with their own key, and is theirs there.
func TestKeyModeWritesWithTheCliniciansKey(t *testing.T) {
	t.Parallel()
	b := startKeyMode(t)
	mine, _ := openByGroups(b.sandbox, b.sandbox.hcp(marieke).Groups)
	v := newVisitor(t, b.url)
	v.signInWithKey(b.sandbox.personas[marieke].Email, b.sandbox.personas[marieke].Key)
	v.until("/", complete)

	page := v.get(alertPath(mine[0]))
	done := v.post(alertPath(mine[0]), url.Values{
		"status": {"processed"}, "category": {"called_patient"}, "note": {"Gebeld, gaat beter."},
		"seen": {page.Find("[name=seen]").AttrOr("value", "")},
	})
	require.Equal(t, http.StatusSeeOther, done.status, done.body)
	assert.Contains(t, v.get("/").Find(".toast").Text(), "Being processed")

	a := b.sandbox.awaitStatus(mine[0], "processed")
	assert.Equal(t, b.sandbox.hcp(marieke).ID, a.ProcessedBy)
	assert.Equal(t, apiRecord{"process", "called_patient", "Gebeld, gaat beter.", b.sandbox.lastRecord(mine[0]).Source}, b.sandbox.lastRecord(mine[0]))

	// Signed out, the way back is closed.
	require.Equal(t, http.StatusSeeOther, v.post("/signout", url.Values{}).status)
	assert.Equal(t, "/signin", v.get("/").header.Get("Location"))
}

// HC_VIEW_ALL sees everything and changes nothing.
func TestViewerOnlyReads(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	target := b.sandbox.open("red")[0]
	v := newVisitor(t, b.url)
	v.signInAs(b, viewer)
	require.Len(t, rowIDs(v.until("/", complete)), len(b.sandbox.open("")))

	page := v.get(alertPath(target.ID))
	require.Equal(t, http.StatusOK, page.status)
	assert.Zero(t, page.Find("#act").Length())
	assert.Contains(t, page.Find("#detail").Text(), "may see this alert, but not process it")
	seen := target.UpdatedAt.Format(time.RFC3339)
	assert.Equal(t, http.StatusForbidden, v.post(alertPath(target.ID), url.Values{"status": {"processed"}, "seen": {seen}}).status)
	assert.Equal(t, http.StatusForbidden, v.get(alertPath(target.ID)+"/escalate").status)
	assert.Equal(t, target, b.sandbox.alert(target.ID))
}

// A restart keeps what was done and who is signed in.
func TestRestartKeepsSessionAndState(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := startBoardIn(t, folder)
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.until("/", complete)
	target := b.sandbox.open("gray")[0].ID
	page := v.get(alertPath(target))
	v.post(alertPath(target), url.Values{"status": {"escalated"}, "seen": {page.Find("[name=seen]").AttrOr("value", "")}})
	b.sandbox.awaitStatus(target, "escalated")
	require.NoError(t, b.stop())

	b = startBoardIn(t, folder)
	assert.Equal(t, "escalated", b.sandbox.alert(target).Status)
	v.base = b.url
	again := v.until("/?status=escalated", complete)
	assert.Contains(t, rowIDs(again), target)
	assert.Contains(t, again.Find(".session").Text(), admin)
}
