package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// shownEach is how many findings of a kind are printed.
const shownEach = 10

// outcome is all there is to say about a run.
type outcome struct {
	seed     uint64
	took     time.Duration
	kills    int
	accepted int
	answers  map[string]int
	mishaps  map[string]int
	troubles map[string]int
	audit    error
	findings
}

// ok is whether nothing is wrong.
func (o *outcome) ok() bool { return !o.wrong() && o.audit == nil && len(o.troubles) == 0 }

// print writes the table, and below it what is wrong.
func (o *outcome) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(what string, figure any) { fmt.Fprintf(table, "%s\t%v\n", what, figure) }
	line("seed", o.seed)
	line("took", o.took.Round(time.Second))
	line("kills", o.kills)
	line("faults met", counts(o.mishaps))
	line("answers", counts(o.answers))
	line("actions accepted", o.accepted)
	line("  ended", counts(o.ended))
	line("undos", counts(o.undos))
	line("refused in words", o.refused)
	line("cut off", fmt.Sprintf("%d taken, %d not", o.cutTaken, o.cutLost))
	line("lost", len(o.lost))
	line("applied twice", len(o.twice))
	line("ended otherwise than said", len(o.untrue))
	line("unknown without need", len(o.unsure))
	line("notes missing", len(o.noteless))
	line("in flight for ever", len(o.unsettled))
	audit := "valid"
	if o.audit != nil {
		audit = "BROKEN"
	}
	line("audit chain", audit)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	for _, wrong := range [][]string{o.lost, o.twice, o.untrue, o.unsure, o.noteless, o.unsettled, o.met()} {
		for i, what := range wrong {
			if i == shownEach {
				what = fmt.Sprintf("and %d more", len(wrong)-i)
			}
			if _, err := fmt.Fprintln(w, "!", what); err != nil {
				return fmt.Errorf("print the findings: %w", err)
			}
			if i == shownEach {
				break
			}
		}
	}
	if o.audit != nil {
		if _, err := fmt.Fprintln(w, "!", o.audit); err != nil {
			return fmt.Errorf("print the findings: %w", err)
		}
	}
	return nil
}

// met is what clinicians met that they shouldn't have, in words.
func (o *outcome) met() []string {
	var met []string
	for _, what := range slices.Sorted(maps.Keys(o.troubles)) {
		met = append(met, fmt.Sprintf("%d times: %s", o.troubles[what], what))
	}
	return met
}

// counts is "confirmed 7, failed 2"; of nothing "none".
func counts(of map[string]int) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, of[what]))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
