package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/config"
	"triageboard/internal/storage"
)

const auditUsage = `dashboard audit verify [--head SEQ:HASH]
dashboard audit export [--patient ID] [--user ID] [--from DATE] [--to DATE] [--format ndjson|csv] [--out FILE|-]`

// auditCommand is `dashboard audit`, for whoever runs the board's machine.
func auditCommand(ctx context.Context, args []string, env environment) error {
	if len(args) > 0 {
		switch args[0] {
		case "verify":
			return verifyAudit(ctx, args[1:], env)
		case "export":
			return exportAudit(ctx, args[1:], env)
		case "-h", "--help", "help":
			_, err := fmt.Fprintln(env.stdout, auditUsage)
			return err
		}
	}
	return &usageError{errors.New("either verify or export:\n" + auditUsage)}
}

// parsed reads a command's flags; done is true where only help was asked for.
func parsed(flags *flag.FlagSet, args []string, env environment) (done bool, err error) {
	flags.SetOutput(env.stderr)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return true, nil
	case err != nil:
		return false, &usageError{err}
	}
	return false, noArguments(flags.Args())
}

// verifyAudit says whether every record is as it was written, and if not, which
// aren't.
func verifyAudit(ctx context.Context, args []string, env environment) error {
	flags := flag.NewFlagSet("dashboard audit verify", flag.ContinueOnError)
	given := flags.String("head", "", "a head from the log, SEQ:HASH: what was cut off since then is found, too")
	if done, err := parsed(flags, args, env); done || err != nil {
		return err
	}
	var logged *audit.Head
	if *given != "" {
		head, err := audit.ParseHead(*given)
		if err != nil {
			return &usageError{fmt.Errorf("--head: %w", err)}
		}
		logged = &head
	}
	t, err := openTrail(ctx, env)
	if err != nil {
		return err
	}
	report, unindexed, err := t.verify(ctx, logged)
	if err := errors.Join(err, t.store.Close()); err != nil {
		return err
	}
	if report.Purged > 0 {
		fmt.Fprintf(env.stdout, "records up to %d were removed for their age, as a signed checkpoint says\n", report.Purged)
	}
	for _, b := range report.Breaks {
		fmt.Fprintln(env.stdout, b)
	}
	if report.More > 0 {
		fmt.Fprintf(env.stdout, "and %d more\n", report.More)
	}
	if unindexed > 0 {
		fmt.Fprintf(env.stdout, "%d records aren't found under their patients any more\n", unindexed)
	}
	if !report.OK() || unindexed > 0 {
		return errors.New("the audit trail isn't as it was written")
	}
	_, err = fmt.Fprintf(env.stdout, "%d records, all as they were written; head %s\n", report.Records, report.Head)
	return err
}

// exportAudit writes records for whoever asks for them, and records that it did.
func exportAudit(ctx context.Context, args []string, env environment) (err error) {
	flags := flag.NewFlagSet("dashboard audit export", flag.ContinueOnError)
	patient := flags.String("patient", "", "only what is about this patient (the id in Luscii)")
	user := flags.String("user", "", "only what this professional did (the id in Luscii)")
	from := flags.String("from", "", "from this day on, such as 2026-01-31")
	to := flags.String("to", "", "up to and including this day")
	format := flags.String("format", "ndjson", "ndjson or csv")
	out := flags.String("out", "-", "the file to write, which must not exist yet; - for the output")
	if done, err := parsed(flags, args, env); done || err != nil {
		return err
	}
	write := map[string]func(io.Writer, iter.Seq2[audit.Record, error]) (int, error){
		"ndjson": audit.WriteNDJSON, "csv": audit.WriteCSV,
	}[*format]
	if write == nil {
		return &usageError{fmt.Errorf("--format is ndjson or csv, not %q", *format)}
	}
	for name, day := range map[string]string{"from": *from, "to": *to} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return &usageError{fmt.Errorf("--%s is a day such as 2026-01-31, not %q", name, day)}
		}
	}
	t, err := openTrail(ctx, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.store.Close()) }()

	filter := audit.Filter{Patient: *patient, User: *user, From: t.day(*from, 0), To: t.day(*to, 1)}
	event := audit.Event{
		At: time.Now(), Action: audit.AuditExported, Outcome: audit.Begun, User: audit.Operator,
		Organisation: t.config.PublicURL.Hostname(), AccessPoint: "dashboard audit export", Basis: audit.Basis{Rule: audit.ByMachine},
		Private: audit.Private{Terms: fmt.Sprintf("patient=%s user=%s from=%s to=%s", *patient, *user, *from, *to)},
	}
	if _, err := t.store.AppendAudit(ctx, t.chain, event); err != nil {
		return fmt.Errorf("record the export: %w", err)
	}
	n, err := writeExport(*out, env.stdout, func(w io.Writer) (int, error) { return write(w, t.store.AuditRecords(ctx, filter)) })
	event.At, event.Outcome, event.Details.Rows, event.Private = time.Now(), audit.Done, n, audit.Private{}
	if err != nil {
		event.Outcome = audit.Failed
	}
	if n > 0 {
		event.Patient = *patient // it is one, not something else that was typed
	}
	if _, unrecorded := t.store.AppendAudit(ctx, t.chain, event); unrecorded != nil {
		err = errors.Join(err, fmt.Errorf("record the export: %w", unrecorded))
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	_, err = fmt.Fprintf(env.stderr, "%d records\n", n)
	return err
}

// writeExport writes to stdout or to a new file for its owner's eyes only.
func writeExport(path string, stdout io.Writer, write func(io.Writer) (int, error)) (n int, err error) {
	if path == "-" {
		return write(stdout)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}

// trail is the audit trail of an existing database.
type trail struct {
	config config.Config
	store  *storage.Store
	sealer *auth.Sealer
	chain  *audit.Chain
}

func openTrail(ctx context.Context, env environment) (*trail, error) {
	c, err := load(nil, env)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(c.DatabaseFile()); err != nil {
		return nil, fmt.Errorf("there is no database: %w", err)
	}
	if _, err := os.Stat(keyFile(c)); !c.SecretKey.IsSet() && err != nil {
		return nil, fmt.Errorf("the key beside the database is gone: %w", err)
	}
	sealer, err := newSealer(c)
	if err != nil {
		return nil, err
	}
	chain, err := newChain(sealer)
	if err != nil {
		return nil, err
	}
	store, err := storage.Open(ctx, c.DatabaseURL)
	if err != nil {
		return nil, err
	}
	return &trail{c, store, sealer, chain}, nil
}

func (t *trail) verify(ctx context.Context, logged *audit.Head) (report *audit.Report, unindexed int, err error) {
	err = t.store.AuditTrail(ctx, func(records audit.Trail) (err error) {
		report, err = t.chain.Verify(records, logged)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	unindexed, err = t.store.UnindexedAudit(ctx)
	return report, unindexed, err
}

// day is the beginning of a day that was checked before, days later, in the shown
// zone; zero for none.
func (t *trail) day(text string, days int) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, text, t.config.Timezone)
	if err != nil {
		return time.Time{}
	}
	return at.AddDate(0, 0, days)
}
