package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// measured is a value, or that there is none: nothing says how much memory and
// CPU a process uses where there is no /proc.
type measured struct {
	value float64
	known bool
}

func notMeasured() measured             { return measured{} }
func value(v float64) measured          { return measured{v, true} }
func count(n int) measured              { return measured{float64(n), true} }
func duration(d time.Duration) measured { return measured{float64(d), true} }
func (m measured) per(by float64) *float64 {
	if !m.known {
		return nil
	}
	v := m.value / by
	return &v
}

// unit is how a figure is shown: its name, and how many of the base (bytes,
// nanoseconds, or just one) make one.
type unit struct {
	name string
	base float64
}

var (
	one       = unit{"", 1}
	perSecond = unit{"/s", 1}
	perMinute = unit{"/min", 1}
	bytesUnit = unit{"B", 1}
	megabytes = unit{"MB", 1e6}
	micros    = unit{"µs", float64(time.Microsecond)}
	millis    = unit{"ms", float64(time.Millisecond)}
	seconds   = unit{"s", float64(time.Second)}
)

// figure is one row of the table.
type figure struct {
	Part     string   `json:"part"`
	Case     string   `json:"case"`
	What     string   `json:"what"`
	Unit     string   `json:"unit"`
	Value    *float64 `json:"value"` // null: not measured
	Baseline *float64 `json:"baseline,omitempty"`
	Ratio    *float64 `json:"ratio,omitempty"`
	Goal     *goal    `json:"goal,omitempty"`

	unit unit
}

// goal is what a figure should be at most.
type goal struct {
	Most   float64 `json:"most"`
	Aim    float64 `json:"aim,omitempty"` // better still
	Of     string  `json:"of"`            // value or ratio
	Met    *bool   `json:"met"`           // null: not measured
	Strict bool    `json:"strict"`        // to miss it is a failure: it depends on no machine
}

// against sets the baseline of the same run.
func (f *figure) against(baseline measured) *figure {
	f.Baseline = baseline.per(f.unit.base)
	if f.Value != nil && f.Baseline != nil && *f.Baseline != 0 {
		ratio := *f.Value / *f.Baseline
		f.Ratio = &ratio
	}
	return f
}

// atMost sets the goal of an absolute value, in the figure's unit. An aim of
// zero is none.
func (f *figure) atMost(most, aim float64) {
	f.aim(goal{Most: most, Aim: aim, Of: "value"}, f.Value)
}

// never is atMost for a count that no machine may exceed.
func (f *figure) never(most float64) {
	f.aim(goal{Most: most, Of: "value", Strict: true}, f.Value)
}

// ratioAtMost sets the goal of the ratio to the baseline.
func (f *figure) ratioAtMost(most float64) {
	f.aim(goal{Most: most, Of: "ratio", Strict: true}, f.Ratio)
}

func (f *figure) aim(g goal, of *float64) {
	if of != nil {
		met := *of <= g.Most
		g.Met = &met
	}
	f.Goal = &g
}

// report is everything that was measured, and where.
type report struct {
	Machine machine   `json:"machine"`
	Took    float64   `json:"tookSeconds"`
	Figures []*figure `json:"figures"`

	part  part
	about map[string]string
}

// machine is what absolute figures depend on.
type machine struct {
	At         time.Time `json:"at"`
	CPUs       int       `json:"cpus"`
	Model      string    `json:"model"`
	Go         string    `json:"go"`
	Load       string    `json:"load"` // the load averages at the start
	LateTimers float64   `json:"lateTimersMs"`
}

func newReport() report {
	return report{about: map[string]string{}, Machine: machine{
		At: time.Now().UTC().Truncate(time.Second), CPUs: runtime.NumCPU(), Go: runtime.Version(), Model: cpuModel(), Load: loadAverages(),
		LateTimers: float64(lateTimers().at(99)) / millis.base,
	}}
}

// lateTimers is the noise floor: by how much this process is woken late when it
// asks to be after a millisecond.
func lateTimers() samples {
	var late samples
	for range 500 {
		asked := time.Now().Add(time.Millisecond)
		time.Sleep(time.Millisecond)
		late.add(time.Since(asked))
	}
	return late
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

func loadAverages() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not measured"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// begin says which part the next figures belong to.
func (r *report) begin(p part) {
	r.part = p
	r.about[p.name] = p.about
}

// add notes a figure.
func (r *report) add(of, what string, v measured, u unit) *figure {
	f := &figure{Part: r.part.name, Case: of, What: what, Unit: u.name, Value: v.per(u.base), unit: u}
	r.Figures = append(r.Figures, f)
	return f
}

// verdict is an error that names what no machine excuses.
func (r *report) verdict() error {
	var missed []error
	for _, f := range r.Figures {
		if f.Goal != nil && f.Goal.Strict && f.Goal.Met != nil && !*f.Goal.Met {
			missed = append(missed, fmt.Errorf("%s, %s: %s is over its bound of %s", f.Part, f.Case, f.What, number(f.Goal.Most)))
		}
	}
	return errors.Join(missed...)
}

// print writes the table.
func (r *report) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s: %d CPUs (%s), %s, load %s, timers late by %.1f ms (p99); took %.0f s\n",
		r.Machine.At.Format(time.RFC3339), r.Machine.CPUs, r.Machine.Model, r.Machine.Go, r.Machine.Load, r.Machine.LateTimers, r.Took)
	name, of := "", ""
	for _, f := range r.Figures {
		if f.Part != name {
			name, of = f.Part, ""
			fmt.Fprintf(table, "\n%s: %s\n\tmeasured\tbaseline\tratio\tgoal\n", name, r.about[name])
		}
		if f.Case != of {
			of = f.Case
			fmt.Fprintf(table, "%s\n", of)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", f.What, f.show(f.Value), f.show(f.Baseline), ratio(f.Ratio), f.Goal.words(f.Unit))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}

func (f *figure) show(v *float64) string {
	switch {
	case v != nil:
		return strings.TrimSpace(number(*v) + " " + f.Unit)
	case f.Value == v:
		return "not measured"
	}
	return "-"
}

func ratio(v *float64) string {
	if v == nil {
		return "-"
	}
	return "× " + number(*v)
}

func (g *goal) words(unit string) string {
	if g == nil {
		return "-"
	}
	text := "≤ " + number(g.Most) + " " + unit
	if g.Of == "ratio" {
		text = "≤ × " + number(g.Most)
	}
	text = strings.TrimSpace(text)
	if g.Aim > 0 {
		text += " (aim " + number(g.Aim) + ")"
	}
	switch {
	case g.Met == nil:
		return text
	case *g.Met:
		return text + ": met"
	}
	return text + ": MISSED"
}

// number shows three digits or all before the point.
func number(v float64) string {
	switch {
	case v == float64(int64(v)), v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// write keeps the report as JSON.
func (r *report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}
