package config

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	sqliteScheme  = "sqlite:"
	maxWindowDays = 3650
	sealKeySize   = 32
	minAuditYears = 5 // R21
	maxAuditYears = 100
)

// publicPath is what a path below a host may be made of, so that it stands in
// routes, links and the cookie's Path alike without escaping.
var publicPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)

// minPollInterval keeps a typing mistake from flooding Luscii and the browsers.
const minPollInterval = 100 * time.Millisecond

// applyRules checks each setting's range, decides what depends on several, and
// fills in the defaults that follow from that.
func (l *loader) applyRules() {
	l.checkBaseURL()
	l.check("LUSCII_MAX_RPS", l.c.MaxRPS > 0, "must be more than 0")
	l.check("LUSCII_WRITE_TIMEOUT", l.c.WriteTimeout > 0, "must be more than 0s")
	l.check("LUSCII_WRITE_GRACE", l.c.WriteGrace >= 0, "must not be negative")
	l.decideSandbox()
	l.checkTLS()
	l.settleAddress()
	l.settleDatabase()
	l.checkSecretKey()
	l.settleAuth()
	l.check("DASHBOARD_POLL_INTERVAL", l.c.PollInterval >= minPollInterval, fmt.Sprintf("must be at least %s", minPollInterval))
	l.check("DASHBOARD_WINDOW_DAYS", l.c.WindowDays >= 1 && l.c.WindowDays <= maxWindowDays,
		fmt.Sprintf("must be from 1 to %d", maxWindowDays))
	l.check("DASHBOARD_SESSION", l.c.Session > 0, "must be more than 0s")
	l.check("DASHBOARD_RETRY_FOR", l.c.RetryFor >= 0, "must not be negative")
	l.check("DASHBOARD_AUDIT_YEARS", l.c.AuditYears >= minAuditYears && l.c.AuditYears <= maxAuditYears,
		fmt.Sprintf("must be from %d to %d", minAuditYears, maxAuditYears))
	l.findIgnored()
}

func (l *loader) checkBaseURL() {
	u := l.c.BaseURL
	if l.bad("LUSCII_BASE_URL") || u == nil {
		return
	}
	l.check("LUSCII_BASE_URL", !strings.HasSuffix(u.Path, "/v1"), "give it without /v1")
	l.check("LUSCII_BASE_URL", u.Scheme == "https" || isLoopback(u.Hostname()),
		"must begin with https:// (plain http is for this machine only: the key would travel readable)")
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// decideSandbox holds the rule that a lost secret must never show simulated
// patients: without DASHBOARD_SANDBOX the sandbox starts only where nothing
// hints at the real Luscii.
func (l *loader) decideSandbox() {
	if l.bad("DASHBOARD_SANDBOX") || l.c.Sandbox || l.given("LUSCII_API_KEY") {
		return
	}
	if l.given("DASHBOARD_SANDBOX") {
		l.problem("LUSCII_API_KEY", "missing: the service key for reading from Luscii is needed when DASHBOARD_SANDBOX is false")
		return
	}
	if signs := l.signsOfTheRealLuscii(); len(signs) > 0 {
		l.problem("LUSCII_API_KEY", fmt.Sprintf(
			"missing: the service key for reading from Luscii is needed, because of %s (for simulated patients set DASHBOARD_SANDBOX=true)",
			strings.Join(signs, ", ")))
		return
	}
	l.c.Sandbox = true
}

func (l *loader) signsOfTheRealLuscii() []string {
	var signs []string
	sign := func(name string, is bool) {
		if is {
			signs = append(signs, name)
		}
	}
	sign("LUSCII_BASE_URL", l.given("LUSCII_BASE_URL"))
	// A setting whose file can't be read may have been any of these.
	sign("DASHBOARD_PUBLIC_URL", l.startsWith("DASHBOARD_PUBLIC_URL", "https:") || l.bad("DASHBOARD_PUBLIC_URL"))
	sign("DASHBOARD_DATABASE_URL", l.isPostgres() || l.bad("DASHBOARD_DATABASE_URL"))
	mode := strings.ToLower(l.texts["DASHBOARD_AUTH"].value)
	sign("DASHBOARD_AUTH", mode == "key" || mode == "oidc" || l.bad("DASHBOARD_AUTH"))
	return signs
}

func (l *loader) startsWith(setting, prefix string) bool {
	return strings.HasPrefix(strings.ToLower(l.texts[setting].value), prefix)
}

func (l *loader) isPostgres() bool {
	return l.startsWith("DASHBOARD_DATABASE_URL", "postgres:") || l.startsWith("DASHBOARD_DATABASE_URL", "postgresql:")
}

// checkTLS wants a certificate with its key, and people sent to it: an address
// without https would give out cookies that travel readable.
func (l *loader) checkTLS() {
	for name, other := range map[string]string{"DASHBOARD_TLS_CERT": "DASHBOARD_TLS_KEY", "DASHBOARD_TLS_KEY": "DASHBOARD_TLS_CERT"} {
		l.check(name, l.given(name) || !l.given(other), "missing: it is needed beside "+other)
		// Whoever gives a file with the key as NAME_FILE gives its text, too.
		l.check(name, !strings.Contains(l.texts[name].value, "-----BEGIN"), "must be the name of a PEM file, not what it holds")
	}
	if u := l.c.PublicURL; u != nil && l.given("DASHBOARD_TLS_CERT") {
		l.check("DASHBOARD_PUBLIC_URL", u.Scheme == "https", "must begin with https:// because of DASHBOARD_TLS_CERT")
	}
}

func (l *loader) settleAddress() {
	host, port, err := net.SplitHostPort(l.c.Addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	l.check("DASHBOARD_ADDR", err == nil, fmt.Sprintf("%q isn't host:port, such as 127.0.0.1:8080", l.c.Addr))

	if u := l.c.PublicURL; u != nil {
		l.check("DASHBOARD_PUBLIC_URL", publicPath.MatchString(u.Path),
			"its path may hold only letters, digits and . _ ~ - between single slashes")
		return
	}
	if host == "" {
		host = "localhost" // ":8080" listens everywhere, but isn't an address to visit
	}
	l.c.PublicURL = &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
	if l.c.TLSCert != "" {
		l.c.PublicURL.Scheme = "https"
	}
}

func (l *loader) settleDatabase() {
	const setting = "DASHBOARD_DATABASE_URL"
	if l.bad(setting) {
		return
	}
	if !l.given(setting) {
		l.c.DatabaseURL = "sqlite:dashboard.db"
		if l.c.Sandbox {
			l.c.DatabaseURL = "sqlite:sandbox.db"
		}
		return
	}
	if l.isPostgres() {
		l.problem(setting, "Postgres isn't supported by this version yet: give sqlite:PATH")
		return
	}
	file, isSQLite := strings.CutPrefix(l.c.DatabaseURL, sqliteScheme)
	if strings.HasPrefix(file, "///") {
		file = file[2:] // sqlite:///var/lib/board.db, the form other programs use
	}
	// Behind two slashes a host would stand; in memory all would be lost at the next start.
	usable := isSQLite && file != "" && !strings.HasPrefix(file, "//") && !strings.HasPrefix(file, ":")
	l.check(setting, usable, "must be sqlite:PATH, such as sqlite:/var/lib/triage-board/dashboard.db")
	l.c.DatabaseURL = sqliteScheme + file
}

func (l *loader) checkSecretKey() {
	if !l.c.SecretKey.IsSet() {
		return
	}
	for i, key := range strings.Split(l.c.SecretKey.Reveal(), ",") {
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
		l.check("DASHBOARD_SECRET_KEY", err == nil && len(decoded) == sealKeySize,
			fmt.Sprintf("key %d isn't %d bytes in base64 (openssl rand -base64 %[2]d makes one)", i+1, sealKeySize))
	}
}

func (l *loader) settleAuth() {
	const setting = "DASHBOARD_AUTH"
	switch l.c.Auth {
	case "":
		l.c.Auth = AuthKey
		if l.c.Sandbox {
			l.c.Auth = AuthSandbox
		}
	case AuthKey:
	case AuthSandbox:
		// Where the upstream couldn't be decided, that is the problem to solve first.
		undecided := l.bad("DASHBOARD_SANDBOX") || l.bad("LUSCII_API_KEY")
		l.check(setting, l.c.Sandbox || undecided, "sandbox needs the embedded sandbox: set DASHBOARD_SANDBOX=true, or sign in by key")
	case "oidc":
		l.problem(setting, "oidc isn't supported by this version yet: use key")
	default:
		l.check(setting, false, fmt.Sprintf("%q isn't a way to sign in: use key or sandbox", string(l.c.Auth)))
	}
}

func (l *loader) findIgnored() {
	unused := []string{"DASHBOARD_SANDBOX_OPTIONS"}
	if l.c.Sandbox {
		unused = []string{"LUSCII_API_KEY", "LUSCII_BASE_URL"}
	}
	for _, name := range unused {
		if l.given(name) {
			l.c.Ignored = append(l.c.Ignored, name)
		}
	}
}
