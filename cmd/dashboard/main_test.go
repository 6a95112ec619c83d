package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program itself: run under the name
// dashboard it is dashboard, a process of its own, with whatever the tests were
// built with, the race detector included.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){
		"dashboard": func() {
			if os.Getenv(tied) != "" {
				go endWithTests()
			}
			os.Exit(program())
		},
	})
}

// tied is set for a program whose stdin the tests hold open as long as they run.
const tied = "TRIAGEBOARD_TIED_TO_STDIN"

// endWithTests keeps a program from outliving tests that were killed.
func endWithTests() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(exitFailed)
}

// parallel is how many tests run at once, whatever the number of processors: most
// of their time they wait for a program or a page.
const parallel = "4"

// suite is all tests; the browser they share is closed after them.
type suite struct{ tests *testing.M }

func (s suite) Run() int {
	defer closeBrowser()
	if err := flag.Set("test.parallel", parallel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return s.tests.Run()
}
