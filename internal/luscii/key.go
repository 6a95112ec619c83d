package luscii

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"triageboard/internal/triage"
)

const callKey = "check key"

// CheckKey asks Luscii about a key by listing one alert with it, the only
// question the API answers: true means that it lists the organisation's alerts
// (HC_ADMIN, HC_VIEW_ALL), false that it is accepted, but may not (HC_PRIMARY,
// HC_SECONDARY). Whose key it is, nobody can ask.
//
// An error that matches triage.ErrKeyRefused says that the key isn't accepted:
// 401, or an inactive account. Any other error says that nothing was learned;
// an answer that isn't Luscii's own proves nothing.
func (c *Client) CheckKey(ctx context.Context, key triage.Key) (listsAll bool, err error) {
	if !sendable(key) {
		return false, &Error{Call: callKey, Kinds: []error{triage.ErrKeyRefused}, Err: reason("empty, or with characters no key has")}
	}
	env, err := c.fetch(ctx, request{
		call: callKey, method: http.MethodGet, path: []string{"alerts"},
		query: url.Values{"perPage": {"1"}}, key: key, rank: forClinician,
	})
	var refused *Error
	switch {
	case errors.Is(err, triage.ErrForbidden) && errors.As(err, &refused) && refused.envelope:
		return false, nil
	case errors.Is(err, triage.ErrForbidden):
		// The word of something in between, such as a firewall that dislikes the
		// key's characters: taken for Luscii's, it would let anybody in.
		return false, &Error{Call: callKey, Status: http.StatusForbidden, Kinds: []error{triage.ErrMalformed}, Err: reason("403 without an envelope")}
	case err != nil:
		return false, err
	case len(env.errs) > 0:
		e := (&findings{errs: env.errs}).partial(callKey)
		for _, of := range env.errs {
			if strings.EqualFold(of.code, codeAccountInactive) {
				e.Kinds = []error{triage.ErrKeyRefused}
			}
		}
		return false, e
	}
	return true, nil
}

// sendable says whether a key can be one: the characters of a bearer token, and
// the two that some issuers put between a token's parts. Everything else is no
// key, and isn't sent to find that out.
func sendable(key triage.Key) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~+/=|:", r)
	}
	return key != "" && !strings.ContainsFunc(key.Reveal(), odd)
}
