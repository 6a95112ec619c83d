// Package config reads the program's settings: one table, the struct tags of
// Config, read from the environment. Every problem is reported together, and
// the value of a secret is never shown. It is a leaf.
package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// AuthMode is how people sign in.
type AuthMode string

// The ways to sign in.
const (
	AuthKey     AuthMode = "key"     // work e-mail and the professional's own Luscii key
	AuthSandbox AuthMode = "sandbox" // a persona of the embedded sandbox
)

// Config is what the program runs by: checked, complete, defaults filled in.
// Its tags are the table of settings, in the order they are documented; the
// tag fallback words a default that depends on other settings.
type Config struct {
	// Unused with the sandbox, which makes a service key of its own.
	APIKey Secret `env:"LUSCII_API_KEY" about:"service key for reading from Luscii"`
	// Without /v1 and without a slash at its end. Unused with the sandbox.
	BaseURL      *url.URL      `env:"LUSCII_BASE_URL" envDefault:"https://api.luscii.com" about:"Luscii's address, without /v1; plain http only to this machine"`
	MaxRPS       float64       `env:"LUSCII_MAX_RPS" envDefault:"5" about:"own limit on requests a second to Luscii"`
	WriteTimeout time.Duration `env:"LUSCII_WRITE_TIMEOUT" envDefault:"10s" about:"how long changing an alert may take"`
	WriteGrace   time.Duration `env:"LUSCII_WRITE_GRACE" envDefault:"35s" about:"how much longer a change may come late; only then may it be sent again"`

	// Whether the embedded sandbox is the upstream, as decided.
	Sandbox bool `env:"DASHBOARD_SANDBOX" fallback:"true if neither LUSCII_API_KEY nor anything else asks for the real Luscii" about:"true: simulated patients instead of Luscii"`
	// The flags of the sandbox subcommand, as given.
	SandboxOptions string `env:"DASHBOARD_SANDBOX_OPTIONS" about:"flags for the embedded sandbox, those of dashboard sandbox"`

	Addr string `env:"DASHBOARD_ADDR" envDefault:"127.0.0.1:8080" about:"host:port to listen on"`
	// Without a slash at its end, so that Path is empty or "/below". Where
	// it isn't given and Addr asks for any free port, its port is 0 too.
	PublicURL *url.URL `env:"DASHBOARD_PUBLIC_URL" fallback:"http:// and DASHBOARD_ADDR" about:"address people use; https turns on secure cookies, a path hosts below it"`
	// Whose X-Forwarded headers count. Empty: nobody's.
	TrustedProxies Networks `env:"DASHBOARD_TRUSTED_PROXIES" about:"addresses of the proxies in front, by comma, such as 10.0.0.0/8: their X-Forwarded-For, -Proto and -Host count"`
	// Paths of PEM files; both or neither.
	TLSCert string `env:"DASHBOARD_TLS_CERT" about:"PEM file with the certificate and its chain, where no proxy in front does TLS"`
	TLSKey  string `env:"DASHBOARD_TLS_KEY" about:"PEM file with the certificate's private key"`
	// Always sqlite:PATH. DatabaseFile gives the path.
	DatabaseURL string `env:"DASHBOARD_DATABASE_URL" fallback:"sqlite:dashboard.db, with the sandbox sqlite:sandbox.db" about:"where the board keeps its own data: sqlite:PATH"`
	// Unset: made at first start beside the database file.
	SecretKey Secret   `env:"DASHBOARD_SECRET_KEY" fallback:"made at first start beside the database" about:"32 bytes in base64 that seal keys and sessions; several by comma, the first seals"`
	Auth      AuthMode `env:"DASHBOARD_AUTH" fallback:"key, with the sandbox sandbox" about:"how people sign in: key (e-mail and Luscii key) or sandbox (persona)"`

	PollInterval  time.Duration  `env:"DASHBOARD_POLL_INTERVAL" envDefault:"10s" about:"how often today's alerts are read"`
	WindowDays    int            `env:"DASHBOARD_WINDOW_DAYS" envDefault:"30" about:"how many days back open alerts are looked for"`
	Timezone      *time.Location `env:"DASHBOARD_TIMEZONE" envDefault:"Europe/Amsterdam" about:"zone of the times shown"`
	Categories    Categories     `env:"DASHBOARD_CATEGORIES" envDefault:"request_visit=Bezoek aanvragen|Request a visit,called_patient=Patiënt gebeld|Called the patient,medication_changed=Medicatie gewijzigd|Medication changed,measurement_repeated=Meting herhaald|Measurement repeated,no_action_needed=Geen actie nodig|No action needed,technical_problem=Technisch probleem|Technical problem" about:"categories offered, value=label by comma; Dutch|English as label for both languages"`
	WaitingLimits WaitingLimits  `env:"DASHBOARD_WAITING_LIMITS" envDefault:"red=30m,orange=4h,gray=24h" about:"how long an alert of each flag may wait before its row says so"`
	Session       time.Duration  `env:"DASHBOARD_SESSION" envDefault:"12h" about:"how long a sign-in lasts at most"`
	RetryFor      time.Duration  `env:"DASHBOARD_RETRY_FOR" envDefault:"15m" about:"how long an action is tried again that Luscii didn't take"`
	AuditYears    int            `env:"DASHBOARD_AUDIT_YEARS" envDefault:"5" about:"how many years the audit trail is kept"`

	// Whether values and trends from the export are shown beside an alert.
	ExportContext bool `env:"DASHBOARD_EXPORT_CONTEXT" envDefault:"on" about:"on or off: show values and trends from Luscii's export beside an alert"`

	// Settings that were given but have no effect beside the others, by name.
	Ignored []string

	shown []shownSetting // for Print, in the table's order
}

// DatabaseFile is the path of the SQLite file.
func (c Config) DatabaseFile() string { return strings.TrimPrefix(c.DatabaseURL, sqliteScheme) }

// Load reads the settings from getenv, each under its own name or as the
// content of the file that NAME_FILE names. args is what stood on the command
// line after the subcommand; settings are never taken from there, because
// others on the machine could read them. The error is Problems, with all that
// is wrong.
func Load(args []string, getenv func(string) string) (Config, error) {
	l := loader{texts: map[string]text{}}
	if len(args) > 0 {
		// The arguments may hold a mistyped secret: they are only counted.
		l.problem("", fmt.Sprintf("no arguments are taken, but %d given: settings come from the environment", len(args)))
	}
	environment := l.gather(getenv)
	err := env.ParseWithOptions(&l.c, env.Options{
		Environment: environment,
		FuncMap:     parsers(),
		OnSet:       func(name string, value any, _ bool) { l.note(name, fmt.Sprint(value)) },
	})
	l.addParseErrors(err)
	l.applyRules()
	if len(l.problems) > 0 {
		l.problems.sort()
		return Config{}, l.problems
	}
	l.c.shown = l.show()
	return l.c, nil
}
