package triage

import "time"

// WaitingLimits is how long an alert of each flag may wait. What waits longer is
// marked; it is never moved for it (R1, R37).
type WaitingLimits struct{ Red, Orange, Gray time.Duration }

// Of is the limit of a flag. One the reference page doesn't know ranks before red
// and has its limit.
func (w WaitingLimits) Of(f Flag) time.Duration {
	switch f {
	case FlagOrange:
		return w.Orange
	case FlagGray:
		return w.Gray
	}
	return w.Red
}
