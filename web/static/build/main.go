// Command build makes the files the browser gets: it bundles and minifies css/
// and js/, takes img/ along, and leaves all of it in dist/ under names that
// change with the content, each beside its brotli form, and a manifest that says
// which name is whose.
//
// It runs from the top of the repository, by make assets.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

// Where things are, from the top of the repository.
const (
	sourceDir = "web/static"
	distDir   = "web/static/dist"
)

const (
	// manifestName is the file in dist/ that maps a source's name ("app.css")
	// to the name of what was built from it ("app.4F2A91C0.css"). What several
	// scripts share has no source of its own: its name stands for itself.
	manifestName = "manifest.json"

	// brotliSuffix follows a file's name in that of its brotli form, which is
	// there only if it is smaller.
	brotliSuffix = ".br"

	// keepName is committed, so that //go:embed finds dist/ in a fresh checkout.
	keepName = ".gitkeep"
)

// browsers are the first versions that know everything our CSS relies on;
// light-dark() came last. What they understand is left as it was written.
var browsers = []api.Engine{
	{Name: api.EngineChrome, Version: "123"},
	{Name: api.EngineFirefox, Version: "120"},
	{Name: api.EngineSafari, Version: "17.5"},
}

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// run builds the assets of the repository at root. Unless everything could be
// bundled, dist/ stays as it was.
func run(root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return fmt.Errorf("finding the repository: %w", err)
	}
	sources, err := entryPoints(root)
	if err != nil {
		return err
	}
	assets, err := bundle(options(root, sources))
	if err != nil {
		return err
	}
	return assets.write(filepath.Join(root, distDir))
}

// entryPoints lists what becomes a file of its own: the style sheets, the
// script and every image, as paths from root. What the script imports only when
// it needs it becomes one as well.
func entryPoints(root string) ([]string, error) {
	images, err := filepath.Glob(filepath.Join(root, sourceDir, "img", "*.svg"))
	if err != nil {
		return nil, fmt.Errorf("listing the images: %w", err)
	}
	sources := []string{sourceDir + "/css/app.css", sourceDir + "/css/desk.css", sourceDir + "/js/app.js"}
	for _, image := range images {
		sources = append(sources, sourceDir+"/img/"+filepath.Base(image))
	}
	return sources, nil
}

// built is the content of dist/: its files by name, and the manifest.
type built struct {
	files    map[string][]byte
	manifest map[string]string
}

// options are esbuild's. The hash in the names is its own, so that a style sheet
// naming an image, or a script naming another, changes its name with that.
func options(root string, sources []string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir: root,
		EntryPoints:   sources,
		Outdir:        distDir,
		EntryNames:    "[name].[hash]",
		ChunkNames:    "[name].[hash]",
		AssetNames:    "[name].[hash]",
		Metafile:      true,
		LogLevel:      api.LogLevelSilent,

		Bundle:            true,
		Format:            api.FormatESModule,
		Splitting:         true,
		Engines:           browsers,
		Loader:            map[string]api.Loader{".svg": api.LoaderCopy},
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsEndOfFile,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
	}
}

// bundle runs esbuild in memory.
func bundle(options api.BuildOptions) (built, error) {
	result := api.Build(options)
	// A warning is a typing error the browser would pass over in silence.
	if err := problems(append(result.Errors, result.Warnings...)); err != nil {
		return built{}, err
	}
	manifest, err := manifestOf(result.Metafile)
	if err != nil {
		return built{}, err
	}
	files := map[string][]byte{}
	for _, file := range result.OutputFiles {
		name := filepath.Base(file.Path)
		files[name] = file.Contents
		packed, err := pack(file.Contents)
		if err != nil {
			return built{}, fmt.Errorf("packing %s: %w", name, err)
		}
		if len(packed) < len(file.Contents) {
			files[name+brotliSuffix] = packed
		}
	}
	return built{files: files, manifest: manifest}, nil
}

// pack is brotli at its best, which takes too long to be done for each visitor.
func pack(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// problems joins esbuild's messages into one error, each with its place; nil
// if there are none.
func problems(messages []api.Message) error {
	var errs []error
	for _, m := range messages {
		if at := m.Location; at != nil {
			errs = append(errs, fmt.Errorf("%s:%d:%d: %s", at.File, at.Line, at.Column+1, m.Text))
		} else {
			errs = append(errs, errors.New(m.Text))
		}
	}
	return errors.Join(errs...)
}

// manifestOf reads from esbuild's metafile which source became which file.
func manifestOf(metafile string) (map[string]string, error) {
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string `json:"entryPoint"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, fmt.Errorf("reading esbuild's metafile: %w", err)
	}
	manifest := map[string]string{}
	for output, from := range meta.Outputs {
		source := from.EntryPoint
		if source == "" {
			source = output
		}
		manifest[path.Base(source)] = path.Base(output)
	}
	return manifest, nil
}

// write puts the files into dir, then the manifest that names them, and only
// then removes what earlier builds left.
func (b built) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the output folder: %w", err)
	}
	for name, content := range b.files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("writing an asset: %w", err)
		}
	}
	manifest, err := json.MarshalIndent(b.manifest, "", "  ") // sorts the names
	if err != nil {
		return fmt.Errorf("encoding the manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName), append(manifest, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return b.removeOthers(dir)
}

// removeOthers empties dir of everything this build didn't make.
func (b built) removeOthers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("listing the output folder: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if _, ours := b.files[name]; ours || name == manifestName || name == keepName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("removing an old asset: %w", err)
		}
	}
	return nil
}
