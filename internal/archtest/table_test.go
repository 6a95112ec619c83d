package archtest

// A row says what one part of the module may import from it. A part is a
// folder with everything below it, its tests included; within a part imports
// are free.
type row struct {
	part string
	may  []string
}

// everything, in place of the list, is for the one part that wires the others.
var everything = []string{"*"}

// table is the dependency table of the design. Parts that come with a later
// issue have their row already.
var table = []row{
	// The leaves.
	{"internal/audit", nil},
	{"internal/chart", nil},
	{"internal/config", nil},
	{"internal/export", nil},
	{"internal/feed", nil},
	{"internal/i18n", nil},
	{"internal/program", nil},
	{"internal/browser", nil},
	{"internal/sandbox", nil},
	{"internal/telemetry", nil},
	{"web/static", nil},

	// The domain.
	{"internal/triage", []string{"internal/audit"}},

	// What surrounds it; siblings ignore each other.
	{"internal/luscii", []string{"internal/triage", "internal/export"}},
	{"internal/board", []string{"internal/triage"}},
	{"internal/outbox", []string{"internal/triage", "internal/audit"}},
	{"internal/directory", []string{"internal/triage"}},
	{"internal/download", []string{"internal/export"}},
	{"internal/insight", []string{"internal/triage", "internal/audit", "internal/export"}},
	{"internal/trend", []string{"internal/triage", "internal/export"}},
	{"internal/auth", []string{"internal/triage", "internal/audit"}},
	{"internal/desk", []string{"internal/triage", "internal/audit"}},
	{"internal/storage", []string{
		"internal/triage", "internal/audit", "internal/auth", "internal/desk", "internal/insight", "internal/trend",
	}},

	// The pages.
	{"web/templates", []string{"web/static", "internal/chart", "internal/i18n", "internal/triage"}},
	{"internal/handlers", []string{
		"internal/triage", "internal/audit", "internal/auth", "internal/desk", "internal/download",
		"internal/export", "internal/feed", "internal/insight", "internal/trend", "internal/chart", "internal/i18n", "web/static", "web/templates",
	}},

	{"cmd/dashboard", everything},
	// It measures parts as they are wired, some apart from the others. The program
	// and the sandbox it runs as a user would, as processes.
	{"cmd/bench", []string{
		"internal/triage", "internal/audit", "internal/auth", "internal/board", "internal/desk", "internal/export", "internal/handlers",
		"internal/i18n", "internal/insight", "internal/luscii", "internal/browser", "internal/outbox", "internal/program", "internal/storage", "web/static",
	}},
	// It knows the program from outside alone.
	{"cmd/chaos", []string{"internal/program"}},
	{"internal/archtest", nil},
}

// testsMay is what a part's tests may import beside: they run on real parts, so
// those of sign-in and of the pages keep their sessions in a real database.
var testsMay = map[string][]string{
	"internal/auth":     {"internal/storage"},
	"internal/outbox":   {"internal/auth", "internal/storage"},
	"internal/handlers": {"internal/storage"},
	"internal/trend":    {"internal/auth", "internal/storage"},
}

// domain is the part that does no I/O.
const domain = "internal/triage"

// ioPackages are the standard library's ways to the outside. Tests of the
// domain may use them.
var ioPackages = []string{"database/sql", "net", "net/http", "os", "os/exec", "syscall"}
