package telemetry

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

type patient struct{ FirstName, Note string }

func logged(level slog.Level, attrs ...any) string {
	var out strings.Builder
	NewLogger(&out, level).Info("hello", attrs...)
	return out.String()
}

// R25
func TestPersonalAndSecretKeysAreRedacted(t *testing.T) {
	for _, key := range []string{
		"name", "Name", "firstName", "last_name", "patient.name", "patient-name", "email", "e_mail", "userEmail", "note", "NOTE",
		"phone", "phone2", "key", "apiKey", "api_key", "APIKey", "serviceKey", "bsn", "patientBSN", "birthDate", "token", "Authorization", "remark",
	} {
		line := logged(slog.LevelInfo, key, "Vermeulen", "after", "seen")
		assert.NotContains(t, line, "Vermeulen", key)
		assert.Contains(t, line, redacted, key)
		assert.Contains(t, line, "after=seen", key)
	}
}

func TestOtherKeysAreShown(t *testing.T) {
	line := logged(slog.LevelInfo, "hcp", "h-1", "alert", "a-1", "monkey", "m", "count", 3, "took", time.Second, "err", errors.New("no answer"), "method", http.MethodPut)
	for _, want := range []string{"msg=hello", "hcp=h-1", "alert=a-1", "monkey=m", "count=3", "took=1s", `err="no answer"`, "method=PUT"} {
		assert.Contains(t, line, want)
	}
}

// R25
func TestNothingSlipsThroughGroupsOrCompositeValues(t *testing.T) {
	p := patient{"Vermeulen", "coughs"}
	var out strings.Builder
	logger := NewLogger(&out, slog.LevelInfo)
	logger.Info("x", "patient", p, "pointer", &p, "list", []string{"Vermeulen"}, "map", map[string]string{"a": "Vermeulen"})
	logger.Info("x", slog.Group("patient", "lastName", "Vermeulen"))
	logger.Info("x", slog.Group("name", "last", "Vermeulen"))
	logger.With("email", "Vermeulen").WithGroup("note").Info("x", "first", "coughs")
	logger.WithGroup("upstream").Info("x", "msg", patient{"Vermeulen", ""})

	assert.NotContains(t, out.String(), "Vermeulen")
	assert.NotContains(t, out.String(), "coughs")
	assert.Contains(t, out.String(), "patient=[telemetry.patient]")
}

func TestLevel(t *testing.T) {
	assert.Empty(t, logged(slog.LevelWarn))
	assert.NotEmpty(t, logged(slog.LevelInfo))
}

// A newline in a value can't forge a line.
func TestOneLineEach(t *testing.T) {
	line := logged(slog.LevelInfo, "status", "open\ntime=2026-01-01 level=ERROR msg=forged")
	assert.Equal(t, 1, strings.Count(line, "\n"))
}
