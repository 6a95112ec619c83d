package triage

import "context"

type urgentKey struct{}

// Urgent marks work that a clinician is waiting for: it goes before the sweeps
// and may use the whole of the request limit, where they get a part.
func Urgent(ctx context.Context) context.Context {
	return context.WithValue(ctx, urgentKey{}, true)
}

// IsUrgent reports whether somebody is waiting.
func IsUrgent(ctx context.Context) bool {
	urgent, _ := ctx.Value(urgentKey{}).(bool)
	return urgent
}
