// Package browser starts Chromium, for the tests in a real browser and for the
// benchmark. The program itself knows nothing of it.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// names is what Chromium is called where it is installed.
var names = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// ErrNone says that no Chromium was found.
var ErrNone = errors.New("no Chromium was found")

// closesWithin is how long the browser may take to end by itself; ours.
const closesWithin = 10 * time.Second

// Find is the file of the Chromium that is installed here, or ErrNone.
func Find() (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// Start starts the Chromium of that file without a window. Tabs are opened in the
// context it answers; the browser lives until stop is called, at the latest as
// long as ctx.
func Start(ctx context.Context, path string) (in context.Context, stop func() error, err error) {
	allocator, release := chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-extensions", true),
		// Tabs that aren't in front must run as fast as the one that is.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-US"),
	)
	in, leave := chromedp.NewContext(allocator)
	stop = func() error {
		defer release()
		defer leave()
		ending, cancel := context.WithTimeout(in, closesWithin)
		defer cancel()
		if err := chromedp.Cancel(ending); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("close the browser: %w", err)
		}
		return nil
	}
	if err := chromedp.Do(in); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start the browser: %w", err), stop())
	}
	return in, stop, nil
}
