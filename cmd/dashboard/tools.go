package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"triageboard/internal/config"
)

// healthTimeout is how long the board may take to say that it lives.
const healthTimeout = 3 * time.Second

// help lists commands and settings.
func help(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "dashboard: the Triage Board\n\nCommands:")
	for _, c := range commands() {
		fmt.Fprintf(table, "  %s\t%s\n", c.name, c.about)
	}
	fmt.Fprintln(table, "\nSettings, from the environment; NAME_FILE names a file that holds the value:")
	for _, s := range config.Settings() {
		fmt.Fprintf(table, "  %s\t%s\n", s.Name, s.About)
	}
	fmt.Fprintln(table, "\n`dashboard config` prints their values and defaults. Exit codes: 0 done, 1 failed, 2 wrong use or settings.")
	return table.Flush()
}

// load reads the settings; problems with them are wrong use.
func load(args []string, env environment) (config.Config, error) {
	c, err := config.Load(args, env.getenv)
	if err != nil {
		return config.Config{}, &usageError{err}
	}
	return c, nil
}

// noArguments refuses arguments where a command takes none.
func noArguments(args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("no arguments are taken here, but %d given", len(args))}
	}
	return nil
}

func printConfig(_ context.Context, args []string, env environment) error {
	c, err := load(args, env)
	if err != nil {
		return err
	}
	return c.Print(env.stdout)
}

func printVersion(_ context.Context, args []string, env environment) error {
	if err := noArguments(args); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.stdout, version)
	return err
}

// healthcheck asks the board at its own address whether it lives.
func healthcheck(ctx context.Context, args []string, env environment) error {
	c, err := load(args, env)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return &usageError{fmt.Errorf("DASHBOARD_ADDR: %w", err)}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	client, scheme := http.DefaultClient, "http"
	if c.TLSCert != "" {
		if client, err = ownTLSClient(c); err != nil {
			return err
		}
		scheme = "https"
	}
	url := scheme + "://" + net.JoinHostPort(host, port) + c.PublicURL.Path + "/livez"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the board doesn't answer: %w", err)
	}
	if err := resp.Body.Close(); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New("the board answers " + resp.Status)
	}
	return nil
}

// ownTLSClient asks the board at its own address, which stands in no certificate: so
// the board has to show the very one of the settings.
func ownTLSClient(c config.Config) (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, &usageError{fmt.Errorf("DASHBOARD_TLS_CERT, DASHBOARD_TLS_KEY: %w", err)}
	}
	own := x509.NewCertPool()
	own.AddCert(pair.Leaf)
	name := pair.Leaf.Subject.CommonName
	switch {
	case len(pair.Leaf.DNSNames) > 0:
		name = strings.Replace(pair.Leaf.DNSNames[0], "*", "any", 1)
	case len(pair.Leaf.IPAddresses) > 0:
		name = pair.Leaf.IPAddresses[0].String()
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: own, ServerName: name},
	}}, nil
}
