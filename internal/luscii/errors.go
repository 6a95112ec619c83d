package luscii

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"triageboard/internal/triage"
)

// codeAccountInactive is the error code of a key whose owner may not sign in
// any more.
const codeAccountInactive = "account_inactive"

// Error is a call that failed, or whose answer is not to be concluded from.
// By errors.Is it matches its Kinds and what lies beneath.
//
// Error() is made of our own words, the status and the API's code alone, so it
// may be logged: no key, no URL, no body, no name.
type Error struct {
	Call   string // "list alerts"
	Status int    // 0: no answer came
	// Code, Message and Attribute are those of the API's first error, if it gave
	// one. Message may quote what was sent, a clinician's note included: it is
	// for neither log nor reader.
	Code, Message, Attribute string
	// Asked is how long the API asked to be left alone; 0: it didn't say.
	Asked time.Duration
	// Temporary says that the same call may succeed later.
	Temporary bool
	// Kinds are the kinds of package triage this is: one of ErrKeyRefused,
	// ErrForbidden, ErrNotFound, ErrRejected, ErrBusy, ErrUnavailable,
	// ErrMalformed and ErrPartial; beside it ErrUncertain for a write that may
	// have reached Luscii, ErrPartial for a listing cut short by a cursor, and
	// ErrMalformed for a refusal that came as HTML, so from something in between, and
	// for a report those of package export that say what is refused.
	// None: the caller cancelled before anything was sent.
	Kinds []error
	Err   error // what lies beneath; may be nil; never to be printed

	envelope bool // the refusal came in the API's own form
}

// Error says in words what happened.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Call)
	sep := ": "
	add := func(words string) {
		b.WriteString(sep)
		b.WriteString(words)
		sep = ", "
	}
	for _, kind := range e.Kinds {
		add(kind.Error())
	}
	if e.Status != 0 {
		add(fmt.Sprintf("status %d", e.Status))
	}
	if codeShaped.MatchString(e.Code) {
		add("code " + e.Code)
	}
	if codeShaped.MatchString(e.Attribute) {
		add("attribute " + e.Attribute)
	}
	if e.Err != nil {
		add(inWords(e.Err))
	}
	return b.String()
}

// Unwrap gives errors.Is and errors.As the kinds and what lies beneath.
func (e *Error) Unwrap() []error {
	all := append([]error(nil), e.Kinds...)
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// RetryAfter is how long the API asked to be left alone; 0: it didn't say.
func (e *Error) RetryAfter() time.Duration { return e.Asked }

// codeShaped is what a code or attribute looks like; anything else might be
// text about somebody and isn't printed.
var codeShaped = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// reason is a cause in our own words, safe to print.
type reason string

func (r reason) Error() string { return string(r) }

// inWords describes a cause without quoting it: net/http's errors hold URLs and
// pieces of what the other side sent.
func inWords(err error) string {
	var own reason
	var dns *net.DNSError
	switch {
	case errors.As(err, &own):
		return string(own)
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case isTimeout(err):
		return "no answer in time"
	case errors.As(err, &dns):
		return "host name not resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case isCertificate(err):
		return "certificate not accepted"
	}
	return "connection broken"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func isCertificate(err error) bool {
	var refused *tls.CertificateVerificationError
	return errors.As(err, &refused)
}

// kindOf maps a status that isn't 2xx to its kind.
func kindOf(status int, accountInactive bool) error {
	switch {
	case status == http.StatusUnauthorized, accountInactive && status < 500:
		return triage.ErrKeyRefused
	case status == http.StatusForbidden:
		return triage.ErrForbidden
	case status == http.StatusNotFound:
		return triage.ErrNotFound
	case status == http.StatusTooManyRequests:
		return triage.ErrBusy
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusProxyAuthRequired:
		return triage.ErrUnavailable
	case status >= 400:
		return triage.ErrRejected
	}
	return triage.ErrMalformed // a redirect not followed, or a status no page names
}

// temporary says for which statuses the same request may succeed later.
func temporary(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout ||
		status >= 500 && status != http.StatusNotImplemented
}

// settled says of a write's status that it decides the outcome: a 4xx is a
// refusal, so nothing was done. A 408 isn't: what sent it may have passed the
// request on.
func settled(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout
}
