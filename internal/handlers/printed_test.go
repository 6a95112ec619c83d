package handlers_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// R20: prints are audited, of a list and of an alert.
func TestPrintsAreAudited(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-heart", triage.FlagRed, inGroup("g-heart")))
	b := h.as(primary)
	h.audit.taken()
	assert.Equal(t, http.StatusNoContent, b.post("/printed?status=open&flag=red", url.Values{"rows": {"1"}}, htmx...).status)
	list := h.audit.taken()
	assert.Equal(t, []string{"printed done h-primary  "}, recorded(list))
	assert.Equal(t, audit.Details{View: "open", Rows: 1}, list[0].Details)
	assert.Contains(t, list[0].Private.Terms, "flag:red")

	assert.Equal(t, http.StatusNoContent, b.post("/printed?status=open", url.Values{"alert": {"a-1"}, "rows": {"9999999999"}}, htmx...).status)
	assert.Equal(t, []string{"printed done h-primary p-berg a-1"}, recorded(h.audit.taken()))
	for _, id := range []string{"a-heart", "nowhere"} {
		assert.Equal(t, http.StatusNotFound, b.post("/printed", url.Values{"alert": {id}}, htmx...).status, id)
		assert.Equal(t, audit.Denied, h.audit.taken()[0].Outcome)
	}
}
