package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The figures come from all three sources: the alerts the board read, its audit
// trail, and the star ratings of Luscii's export.
func TestInsights(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.until("/", complete)
	page := v.until("/insights?days=30", func(page answer) bool {
		return page.Find("#by-day svg.chart").Length() == 1 && page.Find("#stars svg.chart").Length() == 1
	})
	require.Equal(t, http.StatusOK, page.status)
	assert.NotEmpty(t, page.Find("#reopened .insight-says").Text())
	assert.NotZero(t, page.Find("#workload tbody tr").Length())
}
