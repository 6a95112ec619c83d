package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var styles = strings.Repeat("body{color:red}", 100)

// dist as make assets leaves it.
func builtAssets() fstest.MapFS {
	return fstest.MapFS{
		".gitkeep": {},
		"manifest.json": {Data: []byte(`{"app.css": "app.AAAA1111.css", "desk.css": "desk.FFFF6666.css", "app.js": "app.BBBB2222.js", "icon.svg": "icon.CCCC3333.svg",
			"icon-late.svg": "icon-late.DDDD4444.svg", "icon-not-live.svg": "icon-not-live.EEEE5555.svg"}`)},
		"app.AAAA1111.css":           {Data: []byte(styles)},
		"desk.FFFF6666.css":          {Data: []byte("1{}")},
		"app.BBBB2222.js":            {Data: []byte("1")},
		"app.AAAA1111.css.br":        {Data: []byte("packed")},
		"icon.CCCC3333.svg":          {Data: []byte("<svg/>")},
		"icon-late.DDDD4444.svg":     {Data: []byte("<svg/>")},
		"icon-not-live.EEEE5555.svg": {Data: []byte("<svg/>")},
		"stray.txt":                  {Data: []byte("not in the manifest")},
	}
}

func TestLoadURLs(t *testing.T) {
	for base, want := range map[string]string{
		"":              "/static/app.AAAA1111.css",
		"/":             "/static/app.AAAA1111.css",
		"/triage":       "/triage/static/app.AAAA1111.css",
		"/care/triage/": "/care/triage/static/app.AAAA1111.css",
	} {
		assets, err := load(builtAssets(), base)
		require.NoError(t, err)
		assert.Equal(t, want, assets.CSS)
		assert.True(t, strings.HasSuffix(assets.DeskCSS, "/static/desk.FFFF6666.css"), assets.DeskCSS)
		assert.True(t, strings.HasSuffix(assets.JS, "/static/app.BBBB2222.js"), assets.JS)
		assert.True(t, strings.HasSuffix(assets.Icon, "/static/icon.CCCC3333.svg"), assets.Icon)
		assert.True(t, strings.HasSuffix(assets.IconLate, "/static/icon-late.DDDD4444.svg"), assets.IconLate)
		assert.True(t, strings.HasSuffix(assets.IconNotLive, "/static/icon-not-live.EEEE5555.svg"), assets.IconNotLive)
	}
}

func TestLoadWithoutAssetsSaysHowToBuildThem(t *testing.T) {
	tests := map[string]struct {
		spoil func(fstest.MapFS)
		want  string
	}{
		"nothing built": {func(m fstest.MapFS) { clear(m); m[".gitkeep"] = &fstest.MapFile{} }, "make assets"},
		"a name missing": {func(m fstest.MapFS) {
			m["manifest.json"].Data = []byte(`{"app.css": "app.AAAA1111.css", "desk.css": "desk.FFFF6666.css", "app.js": "app.BBBB2222.js"}`)
		}, "lack icon.svg: run `make assets`"},
		"a file missing":  {func(m fstest.MapFS) { delete(m, "app.BBBB2222.js") }, "make assets"},
		"broken manifest": {func(m fstest.MapFS) { m["manifest.json"].Data = []byte("{") }, "manifest"},
		"an unknown kind": {func(m fstest.MapFS) {
			m["manifest.json"].Data = []byte(`{"app.css": "app.AAAA1111.css", "desk.css": "desk.FFFF6666.css", "app.js": "app.BBBB2222.js", "icon.svg": "stray.txt",
				"icon-late.svg": "icon-late.DDDD4444.svg", "icon-not-live.svg": "icon-not-live.EEEE5555.svg"}`)
		}, "stray.txt"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			built := builtAssets()
			tt.spoil(built)

			_, err := load(built, "")

			require.ErrorContains(t, err, tt.want)
		})
	}
}

// What is embedded in this very build either loads or names the command.
func TestLoadEmbedded(t *testing.T) {
	assets, err := Load("")
	if _, statErr := fs.Stat(dist, "dist/manifest.json"); statErr != nil {
		require.ErrorContains(t, err, "make assets")
		return
	}
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, get(t, assets, http.MethodGet, assets.CSS, "").StatusCode)
}

func get(t *testing.T, assets *Assets, method, url, acceptEncoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, url, nil)
	if acceptEncoding != "" {
		r.Header.Set("Accept-Encoding", acceptEncoding)
	}
	w := httptest.NewRecorder()
	assets.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerServes(t *testing.T) {
	assets, err := load(builtAssets(), "")
	require.NoError(t, err)

	for url, want := range map[string]struct{ contentType, body string }{
		assets.CSS:            {"text/css; charset=utf-8", styles},
		assets.JS:             {"text/javascript; charset=utf-8", "1"},
		assets.Icon:           {"image/svg+xml", "<svg/>"},
		"/triage" + assets.JS: {"text/javascript; charset=utf-8", "1"},
	} {
		resp := get(t, assets, http.MethodGet, url, "")
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)

		assert.Equal(t, http.StatusOK, resp.StatusCode, url)
		assert.Equal(t, want.contentType, resp.Header.Get("Content-Type"))
		assert.Equal(t, "public, max-age=31536000, immutable", resp.Header.Get("Cache-Control"))
		assert.Equal(t, strconv.Itoa(len(want.body)), resp.Header.Get("Content-Length"))
		assert.Empty(t, resp.Header.Get("Content-Encoding"))
		assert.Equal(t, want.body, string(body))
	}
}

func TestHandlerCompresses(t *testing.T) {
	assets, err := load(builtAssets(), "")
	require.NoError(t, err)

	for header, want := range map[string]string{
		"":                               "",
		"identity":                       "",
		"gzip":                           "gzip",
		"GZIP;q=0.5":                     "gzip",
		"br":                             "br",
		"gzip, deflate, br, zstd":        "br", // a browser's, over https or to itself
		"br;q=0.5, gzip;q=0.5":           "br",
		"br;q=0.5, gzip":                 "gzip",
		"br;q=0, gzip;q=0.001":           "gzip",
		"br;q=0.000":                     "",
		"deflate, gzip;q=0":              "",
		"gzip; Q=0.000, br; Q=0.0":       "",
		"gzip;q=much":                    "",
		"br;q=2":                         "",
		"br;q=-1":                        "",
		"br;q=NaN":                       "",
		"x-gzip-like, brotli":            "",
		"*":                              "br",
		"*;q=0":                          "",
		"br;q=0, *":                      "gzip",
		"identity, br;q=0.9, gzip;q=0.9": "",
		"identity;q=0.5, gzip;q=0.6":     "gzip",
		"identity;q=0":                   "", // nothing it would take is left
	} {
		resp := get(t, assets, http.MethodGet, assets.CSS, header)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)

		assert.Equal(t, "Accept-Encoding", resp.Header.Get("Vary"), header)
		assert.Equal(t, strconv.Itoa(len(body)), resp.Header.Get("Content-Length"), header)
		assert.Equal(t, want, resp.Header.Get("Content-Encoding"), header)
		switch want {
		case "":
			assert.Equal(t, styles, string(body), header)
		case "br":
			assert.Equal(t, "packed", string(body), header)
		case "gzip":
			unzipped, err := gzip.NewReader(bytes.NewReader(body))
			require.NoError(t, err, header)
			plain, err := io.ReadAll(unzipped)
			require.NoError(t, err, header)
			assert.Equal(t, styles, string(plain), header)
		}
	}
}

func TestHandlerLeavesSmallFilesPlain(t *testing.T) {
	assets, err := load(builtAssets(), "")
	require.NoError(t, err)

	resp := get(t, assets, http.MethodGet, assets.JS, "gzip, br")

	assert.Empty(t, resp.Header.Get("Content-Encoding"))
	assert.Empty(t, resp.Header.Get("Vary"))
}

func TestHandlerHead(t *testing.T) {
	assets, err := load(builtAssets(), "")
	require.NoError(t, err)
	server := httptest.NewServer(assets.Handler())
	defer server.Close()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+assets.Icon, nil)
	require.NoError(t, err)
	resp, err := server.Client().Do(request)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)

	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.EqualValues(t, len("<svg/>"), resp.ContentLength)
	assert.Empty(t, body)
}

func TestHandlerRefuses(t *testing.T) {
	assets, err := load(builtAssets(), "")
	require.NoError(t, err)

	for _, url := range []string{
		"/static/",
		"/static/app.css",
		"/static/app.00000000.css", // an older build's
		"/static/manifest.json",
		"/static/.gitkeep",
		"/static/stray.txt",
		"/static/app.AAAA1111.css.br",
		"/static/deeper/app.AAAA1111.css",
		"/app.AAAA1111.css",
		"/",
	} {
		resp := get(t, assets, http.MethodGet, url, "gzip")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, url)
		assert.Empty(t, resp.Header.Get("Cache-Control"), url)
		assert.Empty(t, resp.Header.Get("Content-Encoding"), url)
	}

	resp := get(t, assets, http.MethodPost, assets.CSS, "")
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	assert.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
}
