// Package static holds the files the browser gets: the sources in css/, js/
// and img/, and, embedded in the program, what make assets built from them.
// Each built file's URL changes with its content, so browsers may keep it for
// ever.
package static

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist is empty but for .gitkeep until make assets has run. "all:" lets the
// pattern match then, too.
//
//go:embed all:dist
var dist embed.FS

// Route is where Handler belongs, below the path the board is hosted at.
const Route = "/static/"

// Assets are the built files, in memory. The fields are the URLs to write into
// a page: a name that doesn't exist doesn't compile.
type Assets struct {
	CSS     string // the style sheet of every page
	DeskCSS string // of settings, help and palette
	JS      string // the script, a module; it loads others when it needs them

	// The board's icon, SVG: as it is, and where the board isn't live.
	Icon, IconLate, IconNotLive string

	files map[string]file // by name in dist/
}

// file is one built file as it is sent.
type file struct {
	contentType string
	plain       []byte
	gzipped     []byte // nil where that isn't smaller
	brotli      []byte // likewise
}

// contentTypes says what may be among the assets, and as what it is served. Not
// left to the machine's own table, which differs from one to the next.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Load reads the embedded assets. base is the path the board is hosted at, ""
// or "/" for the root of its host. The error says what to do where the program
// was built without assets.
func Load(base string) (*Assets, error) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("opening the embedded assets: %w", err)
	}
	return load(built, base)
}

func load(built fs.FS, base string) (*Assets, error) {
	manifest, err := readManifest(built)
	if err != nil {
		return nil, err
	}
	a := &Assets{files: map[string]file{}}
	prefix := strings.TrimRight(base, "/") + Route
	for _, want := range []struct {
		name string
		url  *string
	}{
		{"app.css", &a.CSS},
		{"desk.css", &a.DeskCSS},
		{"app.js", &a.JS},
		{"icon.svg", &a.Icon},
		{"icon-late.svg", &a.IconLate},
		{"icon-not-live.svg", &a.IconNotLive},
	} {
		builtName, ok := manifest[want.name]
		if !ok {
			return nil, fmt.Errorf("the built assets lack %s: run `make assets`, then build again", want.name)
		}
		*want.url = prefix + builtName
	}
	for _, name := range manifest {
		if a.files[name], err = readFile(built, name); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// readManifest returns which source became which file.
func readManifest(built fs.FS) (map[string]string, error) {
	raw, err := fs.ReadFile(built, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("this program was built without its style sheet and script: run `make assets`, then build again")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the assets' manifest: %w", err)
	}
	var manifest map[string]string
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return nil, fmt.Errorf("reading the assets' manifest: %w", err)
	}
	return manifest, nil
}

func readFile(built fs.FS, name string) (file, error) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		return file{}, fmt.Errorf("asset %s: no content type is set for its kind", name)
	}
	plain, err := fs.ReadFile(built, name)
	if err != nil {
		return file{}, fmt.Errorf("reading an asset: %w: run `make assets`, then build again", err)
	}
	gzipped, err := compress(plain)
	if err != nil {
		return file{}, fmt.Errorf("compressing asset %s: %w", name, err)
	}
	packed, err := fs.ReadFile(built, name+".br")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return file{}, fmt.Errorf("reading an asset: %w", err)
	}
	return file{contentType: contentType, plain: plain, gzipped: gzipped, brotli: packed}, nil
}

// compress returns nil where the result would be no smaller.
func compress(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() >= len(plain) {
		return nil, nil
	}
	return out.Bytes(), nil
}

// Handler serves the assets at Route, with or without the base path before it.
func (a *Assets) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *Assets) serve(w http.ResponseWriter, r *http.Request) {
	folder, name := path.Split(r.URL.Path)
	f, ok := a.files[name]
	if !ok || !strings.HasSuffix(folder, Route) {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "An asset can only be read.", http.StatusMethodNotAllowed)
		return
	}
	f.send(w, r)
}

func (f file) send(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := f.plain
	if f.gzipped != nil || f.brotli != nil {
		header.Add("Vary", "Accept-Encoding")
		var coding string
		if coding, body = f.choose(r.Header.Values("Accept-Encoding")); coding != "" {
			header.Set("Content-Encoding", coding)
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	// HEAD's body is left out by net/http; a client gone while reading is no
	// error of ours.
	_, _ = w.Write(body) //nolint:gosec // a built file: the request chose no more than its coding
}

// choose picks the form of the file that the client likes best, of equals the
// smallest, and how that is coded.
func (f file) choose(acceptEncoding []string) (coding string, body []byte) {
	forms := map[string][]byte{"": f.plain}
	var offered []string
	for _, form := range []struct {
		coding string
		body   []byte
	}{{"gzip", f.gzipped}, {"br", f.brotli}} { // brotli is the smaller
		if form.body != nil {
			forms[form.coding] = form.body
			offered = append(offered, form.coding)
		}
	}
	coding = Coding(acceptEncoding, offered...)
	return coding, forms[coding]
}

// Coding picks the coding a client likes best of those offered, of equals the
// last. The plain form, "", also serves a client that wants none of them (RFC
// 9110, 12.5.3).
func Coding(acceptEncoding []string, offered ...string) string {
	weights := weightsOf(acceptEncoding)
	best, coding := weights["identity"], ""
	for _, offer := range offered {
		q, named := weights[offer]
		if !named {
			q = weights["*"]
		}
		if q > 0 && q >= best {
			best, coding = q, offer
		}
	}
	return coding
}

// weightsOf reads Accept-Encoding: how much each coding named in it is liked,
// from 0, refused, to 1. A weight that isn't one refuses.
func weightsOf(header []string) map[string]float64 {
	weights := map[string]float64{}
	for element := range strings.SplitSeq(strings.ToLower(strings.Join(header, ",")), ",") {
		coding, params, _ := strings.Cut(element, ";")
		q := 1.0
		if weight, weighted := strings.CutPrefix(strings.TrimSpace(params), "q="); weighted {
			var err error
			if q, err = strconv.ParseFloat(weight, 64); err != nil || q > 1 {
				q = 0
			}
		}
		weights[strings.TrimSpace(coding)] = q
	}
	return weights
}
