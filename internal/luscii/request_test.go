package luscii

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// NOTES: "parse strictly; on failure log call, status, content type, length, a
// hash and the offset of the error, never the body".
func TestMalformedAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"empty":          ``,
		"cut off":        `{"data":[{"id":"Jansen"}`,
		"trailing comma": `{"data":[{"id":"Jansen",}]}`,
		"comment":        "{\"data\":[{\"id\":\"Jansen\"} // ...\n]}",
		"two documents":  `{"data":[]}{"data":["Jansen"]}`,
		"a list":         `[{"id":"Jansen"}]`,
		"text":           `"Jansen"`,
		"null":           `null`,
		"no data":        `{}`,
		"data null":      `{"data":null}`,
		"data text":      `{"data":"Jansen"}`,
		"data a number":  `{"data":1}`,
		"meta alone":     `{"meta":{"nextCursor":"Jansen"}}`,
		"too deep":       strings.Repeat(`{"data":`, 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(http.StatusOK, body))
			alerts, err := c.list(t)
			assert.Empty(t, alerts)
			assert.Equal(t, []error{triage.ErrMalformed}, kinds(err))
			assert.False(t, asError(t, err).Temporary)
			assert.Equal(t, http.StatusOK, asError(t, err).Status)
			assert.NotContains(t, err.Error()+c.log.String(), "Jansen")
		})
	}
	c := serve(t, always(http.StatusOK, `{"data":[{"id":"Jansen",}]}`))
	_, err := c.list(t)
	require.Error(t, err)
	for _, part := range []string{`call="list alerts"`, "status=200", "content_type=application/json", "length=27", "offset=25", "sha256="} {
		assert.Contains(t, c.log.String(), part)
	}
}

// NOTES: "wrong content type, HTML error pages from a proxy".
func TestContentTypes(t *testing.T) {
	for contentType, ok := range map[string]bool{
		"application/json": true, "Application/JSON; charset=utf-8": true, "application/vnd.api+json": true, "": true,
		"text/html": false, "text/html; charset=utf-8": false, "text/plain": false, "application/xml": false, "; nonsense": false,
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			if contentType == "" {
				w.Header()["Content-Type"] = nil
			}
			_, _ = io.WriteString(w, `{"data":[]}`)
		})
		_, err := c.list(t)
		if ok {
			assert.NoError(t, err, contentType)
		} else {
			assert.Equal(t, []error{triage.ErrMalformed}, kinds(err), contentType)
		}
	}
}

// A proxy's page says who refused by its status, and that it wasn't Luscii.
func TestHTMLErrorPages(t *testing.T) {
	for status, want := range map[int][]error{
		401: {triage.ErrKeyRefused, triage.ErrMalformed},
		403: {triage.ErrForbidden, triage.ErrMalformed},
		404: {triage.ErrNotFound, triage.ErrMalformed},
		501: {triage.ErrUnavailable},
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><p>Jansen")
		})
		_, err := c.list(t)
		assert.Equal(t, want, kinds(err), status)
		assert.NotContains(t, err.Error(), "Jansen")
	}
}

// NOTES: "Body larger than sensible, gzip bombs": bounded after unpacking too.
func TestBodiesAreBounded(t *testing.T) {
	const blocks = maxBody>>20 + 1
	block := bytes.Repeat([]byte(" "), 1<<20)
	var packed bytes.Buffer
	packer := gzip.NewWriter(&packed)
	_, err := packer.Write(block)
	require.NoError(t, err)
	require.NoError(t, packer.Close())
	flood := func(w io.Writer, block []byte) {
		for range blocks {
			if _, err := w.Write(block); err != nil {
				return // the client hung up, as it should
			}
		}
	}

	for name, upstream := range map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			flood(w, block)
		},
		"gzip bomb": func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			flood(w, packed.Bytes()) // members of one gzip stream
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, upstream)
			_, err := c.list(t)
			assert.Equal(t, []error{triage.ErrMalformed}, kinds(err))
			assert.Contains(t, err.Error(), "too large")
		})
	}
	t.Run("not gzip at all", func(t *testing.T) {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answerJSON(w, http.StatusOK, `{"data":[]} and more than a header`)
		})
		_, err := c.list(t)
		assert.Equal(t, []error{triage.ErrMalformed}, kinds(err))
	})
}

// NOTES: "refuse to follow redirects to another host"; the key goes nowhere else.
func TestRedirects(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the request went to another host")
	}))
	defer stranger.Close()
	for name, tc := range map[string]struct {
		location string
		followed bool
	}{
		"at home":         {"/v2/alerts?moved=1", true},
		"another port":    {stranger.URL + "/v1/alerts", false},
		"another scheme":  {"https://127.0.0.1/v1/alerts", false},
		"protocol-less":   {"//api.example.com/v1/alerts", false},
		"for ever":        {"/v1/alerts?again=1", false},
		"nowhere":         {"", false},
		"another account": {"http://user:pass@127.0.0.1/v1/alerts", false},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				assert.Equal(t, "Bearer "+serviceKey.Reveal(), r.Header.Get("Authorization"))
				if r.URL.Path == "/v2/alerts" {
					answerJSON(w, http.StatusOK, data(row("a", "", "")))
					return
				}
				if tc.location != "" {
					w.Header().Set("Location", tc.location)
				}
				answerJSON(w, http.StatusFound, `{"data":[]}`)
			})
			alerts, err := c.list(t)
			if tc.followed {
				require.NoError(t, err)
				assert.Len(t, alerts, 1)
				return
			}
			assert.Equal(t, []error{triage.ErrMalformed}, kinds(err))
			assert.LessOrEqual(t, requests, 1+maxRedirects)
			assert.NotContains(t, err.Error(), "/v")
		})
	}
	t.Run("an export's POST", func(t *testing.T) {
		requests := 0
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			http.Redirect(w, r, "/v2/export/hcps", http.StatusTemporaryRedirect)
		})
		_, err := collect(c.HCPs(t.Context()))
		assert.Equal(t, []error{triage.ErrMalformed}, kinds(err))
		assert.Equal(t, 1, requests)
	})
}

// Errors and logs hold no key, no id, no note, and nothing of what came back.
func TestErrorsAndLogsKeepSecrets(t *testing.T) {
	const id = "alert-of-jansen"
	for name, upstream := range map[string]http.HandlerFunc{
		"refused": always(422, `{"errors":[{"code":"Mevrouw Jansen","message":"Mevrouw Jansen","attribute":"12 Jansen"}]}`),
		"failed":  always(500, `Jansen`),
		"broken":  func(w http.ResponseWriter, _ *http.Request) { hangUp(t, w, "Jansen says hello\r\n\r\n") },
		"redirected": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://%Jansen")
			answerJSON(w, 302, `Jansen`)
		},
		"malformed": always(200, `{"data":{"id":"Jansen"}}`),
		"gibberish": always(200, `Jansen`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := serveInBubble(t, upstream)
				_, err := c.UpdateAlert(t.Context(), clinicianKey, id, process)
				require.Error(t, err)
				text := err.Error()
				if _, err = collect(c.Records(t.Context(), id)); err != nil {
					text += err.Error()
				}
				text += c.log.String()
				for _, secret := range []string{"Jansen", "jansen", serviceKey.Reveal(), clinicianKey.Reveal(), "127.0.0.1"} {
					assert.NotContains(t, text, secret)
				}
			})
		})
	}
}

func TestErrorInWords(t *testing.T) {
	e := &Error{
		Call: "update alert", Status: 503, Code: "maintenance", Attribute: "status",
		Kinds: []error{triage.ErrUnavailable, triage.ErrUncertain}, Err: context.DeadlineExceeded,
	}
	assert.Equal(t, "update alert: Luscii unavailable, not known whether it is done, status 503, code maintenance, attribute status, no answer in time", e.Error())
	assert.Equal(t, "list alerts: Luscii unavailable, connection broken",
		(&Error{Call: "list alerts", Kinds: []error{triage.ErrUnavailable}, Err: errors.New("read: Jansen")}).Error())
	assert.ErrorIs(t, e, triage.ErrUnavailable)
	assert.ErrorIs(t, e, triage.ErrUncertain)
	assert.ErrorIs(t, e, context.DeadlineExceeded)
	assert.NotErrorIs(t, e, triage.ErrBusy)
}

// A certificate nobody vouches for isn't asked again.
func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("sent") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of our hanging up
	server.StartTLS()
	t.Cleanup(server.Close)
	c := connect(t, Options{BaseURL: server.URL, Transport: newTransport()})
	_, err := c.list(t)
	assert.Equal(t, []error{triage.ErrUnavailable}, kinds(err))
	assert.False(t, asError(t, err).Temporary)
	assert.Contains(t, err.Error(), "certificate not accepted")
}
