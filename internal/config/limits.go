package config

import (
	"fmt"
	"strings"
	"time"
)

// WaitingLimits is how long an alert of each flag may wait before its row says
// that it waits too long. As text they are flag=length pairs by comma; a flag
// that isn't named keeps its usual limit.
type WaitingLimits struct{ Red, Orange, Gray time.Duration }

// usualLimits are ours; a hospital has its own.
var usualLimits = WaitingLimits{Red: 30 * time.Minute, Orange: 4 * time.Hour, Gray: 24 * time.Hour}

// UnmarshalText reads the pairs.
func (w *WaitingLimits) UnmarshalText(b []byte) error {
	limits := usualLimits
	named := map[string]*time.Duration{"red": &limits.Red, "orange": &limits.Orange, "gray": &limits.Gray}
	for pair := range strings.SplitSeq(string(b), ",") {
		name, length, found := strings.Cut(pair, "=")
		name, length = strings.TrimSpace(name), strings.TrimSpace(length)
		limit, open := named[name]
		switch {
		case !found:
			return fmt.Errorf("%q isn't a flag=length pair such as red=30m", strings.TrimSpace(pair))
		case limit == nil && open:
			return fmt.Errorf("%q stands there twice", name)
		case !open:
			return fmt.Errorf("%q isn't a flag: use red, orange or gray", name)
		}
		d, err := time.ParseDuration(length)
		if err != nil {
			return fmt.Errorf("%q isn't a length of time such as 30m, 4h or 24h", length)
		}
		if d <= 0 {
			return fmt.Errorf("the limit for %s must be more than 0s", name)
		}
		*limit, named[name] = d, nil
	}
	*w = limits
	return nil
}
