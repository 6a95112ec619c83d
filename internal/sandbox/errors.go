package sandbox

import (
	"fmt"
	"net/http"
)

// apiError is a refusal as the API gives it: a status and an element of the
// envelope's errors.
type apiError struct {
	status    int
	Code      string `json:"code"`
	Message   string `json:"message"`
	Attribute string `json:"attribute,omitempty"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.Code, e.Message) }

// The codes validation and account_inactive are known from the API's other
// documentation; the others are the sandbox's own.

func errValidation(attribute, message string) *apiError {
	return &apiError{status: http.StatusUnprocessableEntity, Code: "validation", Message: message, Attribute: attribute}
}

func errMalformed(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, Code: "malformed_body", Message: message}
}

func errUnauthenticated() *apiError {
	return &apiError{status: http.StatusUnauthorized, Code: "unauthenticated", Message: "The API key is missing or not valid."}
}

func errInactive() *apiError {
	return &apiError{status: http.StatusForbidden, Code: "account_inactive", Message: "The account of this API key is not active."}
}

func errForbidden() *apiError {
	return &apiError{status: http.StatusForbidden, Code: "forbidden", Message: "The account of this API key is not permitted to do this."}
}

func errNotFound(what string) *apiError {
	return &apiError{status: http.StatusNotFound, Code: "not_found", Message: "The " + what + " does not exist."}
}

func errMethod(allow string) *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "The method is not allowed here; allowed: " + allow + "."}
}

func errLimited() *apiError {
	return &apiError{status: http.StatusTooManyRequests, Code: "too_many_requests", Message: "Too many requests."}
}

// errExpired is the refusal of a cursor that was valid once, in either form.
func errExpired(badRequest bool) *apiError {
	e := errValidation("cursor", "The cursor has expired.")
	if badRequest {
		e.status, e.Code = http.StatusBadRequest, "cursor_expired"
	}
	return e
}

func errInternal() *apiError {
	return &apiError{status: http.StatusInternalServerError, Code: "internal", Message: "Something went wrong."}
}

func errUnavailable() *apiError {
	return &apiError{status: http.StatusServiceUnavailable, Code: "unavailable", Message: "The service is temporarily unavailable."}
}
