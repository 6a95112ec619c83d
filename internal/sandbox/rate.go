package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// maxPerSecond bounds a Rate.
const maxPerSecond = 1000

// Rate is how often something happens: Count times Per second, minute or hour.
// The zero Rate is never.
type Rate struct {
	Count float64
	Per   time.Duration // time.Second, time.Minute or time.Hour
}

// ParseRate reads "3/m", "10/s", "120/h" or "0"; at most a thousand a second.
func ParseRate(text string) (Rate, error) {
	var r Rate
	err := r.UnmarshalText([]byte(text))
	return r, err
}

// String is the form ParseRate reads.
func (r Rate) String() string {
	count := strconv.FormatFloat(r.Count, 'f', -1, 64)
	switch {
	case r.Count == 0:
		return "0"
	case r.Per == time.Second:
		return count + "/s"
	case r.Per == time.Minute:
		return count + "/m"
	case r.Per == time.Hour:
		return count + "/h"
	}
	return count + "/" + r.Per.String()
}

// MarshalText is String, for flags and JSON.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRate reads.
func (r *Rate) UnmarshalText(text []byte) error {
	const want = "want a rate such as 3/m, 10/s, 120/h or 0"
	count, per, found := strings.Cut(strings.TrimSpace(string(text)), "/")
	n, err := strconv.ParseFloat(count, 64)
	if err != nil {
		return fmt.Errorf("%q: %s", text, want)
	}
	read := Rate{Count: n}
	switch per {
	case "s":
		read.Per = time.Second
	case "m":
		read.Per = time.Minute
	case "h":
		read.Per = time.Hour
	default:
		if found || n != 0 {
			return fmt.Errorf("%q: %s", text, want)
		}
	}
	if n == 0 {
		read = Rate{}
	}
	if err := read.validate(); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	*r = read
	return nil
}

// validate refuses what no clock could follow, NaN among it.
func (r Rate) validate() error {
	if r.Count == 0 {
		return nil
	}
	if r.Per != time.Second && r.Per != time.Minute && r.Per != time.Hour {
		return fmt.Errorf("per %v: a rate is per second, minute or hour", r.Per)
	}
	if perSecond := r.Count / r.Per.Seconds(); !(perSecond > 0 && perSecond <= maxPerSecond) {
		return fmt.Errorf("a rate lies between 0 and %d/s", maxPerSecond)
	}
	return nil
}

// pause is a random time until the next event, half to one and a half times
// the mean. The Rate must not be zero.
func (r Rate) pause(rng *rand.Rand) time.Duration {
	mean := float64(r.Per) / r.Count
	return time.Duration(mean * (0.5 + rng.Float64()))
}
