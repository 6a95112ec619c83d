package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measureStaleness runs the planner on a simulated clock. It is a Go benchmark
// beside the planner, whose metrics are named class/percentile/whose.
func measureStaleness(ctx context.Context, b *bench) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	output, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkStaleness$", "-benchtime", "1x", "./internal/board").Output()
	if err != nil {
		return fmt.Errorf("run the benchmark of the planner: %w\n%s", err, output)
	}
	found, err := readBenchmarks(output)
	if err != nil {
		return err
	}
	for _, f := range found {
		for _, name := range f.order {
			class, ours := strings.CutSuffix(name, "/board-s")
			if !ours {
				continue
			}
			of := b.report.add(f.name, inWords(class), value(f.metrics[name]*float64(time.Second)), seconds)
			if best, ok := f.metrics[class+"/best-s"]; ok {
				of.against(value(best * float64(time.Second)))
			}
		}
		if starved, ok := f.metrics["starved"]; ok {
			b.report.add(f.name, "days starved", value(starved), one).never(0)
		}
	}
	return nil
}

// inWords is a name without what benchmarks put for blanks.
func inWords(name string) string { return strings.NewReplacer("_", " ", "/", ", ").Replace(name) }

// benchmark is one line of `go test -bench`.
type benchmark struct {
	name    string
	metrics map[string]float64
	order   []string // the metrics' names as they came
}

func readBenchmarks(output []byte) ([]benchmark, error) {
	var all []benchmark
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		_, name, _ := strings.Cut(fields[0], "/")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // the number of CPUs
		}
		found := benchmark{name: inWords(name), metrics: map[string]float64{}}
		for pair := range slices.Chunk(fields[2:], 2) {
			if len(pair) < 2 {
				return nil, fmt.Errorf("a metric without a name: %q", lines.Text())
			}
			v, err := strconv.ParseFloat(pair[0], 64)
			if err != nil {
				return nil, fmt.Errorf("a metric that is no number: %w", err)
			}
			found.metrics[pair[1]] = v
			found.order = append(found.order, pair[1])
		}
		all = append(all, found)
	}
	if len(all) == 0 {
		return nil, errors.New("the benchmark printed nothing")
	}
	return all, nil
}
