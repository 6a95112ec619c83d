package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repository lays out a small repository with a style sheet in two files, a
// script that imports a package, and an image the style sheet shows.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"node_modules/greet/package.json": `{"name": "greet", "version": "1.0.0", "module": "greet.js"}`,
		"node_modules/greet/greet.js":     "/*! greet, by somebody */\nexport const greet = () => 'hello from a package';",
		"web/static/js/app.js":            "import { greet } from 'greet';\nconsole.log(greet());\nimport('./later.js');",
		"web/static/js/later.js":          "console.log('" + strings.Repeat("not at once ", 20) + "');",
		"web/static/css/tokens.css":       "@layer tokens { :root { --ink: light-dark(#111, #eee); } }",
		"web/static/css/app.css":          "@import './tokens.css';\nbody { & .icon { background: url('../img/icon.svg'); } }",
		"web/static/css/desk.css":         "@layer parts { .help { margin: 0; } }",
		"web/static/img/icon.svg":         "<svg/>",
		"web/static/dist/.gitkeep":        "",
	} {
		put(t, root, name, content)
	}
	return root
}

func put(t *testing.T, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
}

// dist returns the built files by name, the manifest apart.
func dist(t *testing.T, root string) (files map[string]string, manifest map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, distDir))
	require.NoError(t, err)
	files = map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(root, distDir, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(content)
	}
	if raw, ok := files[manifestName]; ok {
		require.NoError(t, json.Unmarshal([]byte(raw), &manifest))
		delete(files, manifestName)
	}
	return files, manifest
}

func TestRunBundles(t *testing.T) {
	root := repository(t)
	require.NoError(t, run(root))

	files, manifest := dist(t, root)
	require.Len(t, manifest, 5)
	assert.Regexp(t, `^app\.[A-Z0-9]{8}\.css$`, manifest["app.css"])
	assert.Regexp(t, `^desk\.[A-Z0-9]{8}\.css$`, manifest["desk.css"])
	assert.Regexp(t, `^app\.[A-Z0-9]{8}\.js$`, manifest["app.js"])
	assert.Regexp(t, `^icon\.[A-Z0-9]{8}\.svg$`, manifest["icon.svg"])
	assert.Regexp(t, `^later\.[A-Z0-9]{8}\.js$`, manifest["later.js"])

	css := files[manifest["app.css"]]
	assert.Contains(t, css, "light-dark(", "modern CSS stays as written")
	assert.Contains(t, css, "@layer tokens{", "siblings are bundled, white space goes")
	assert.Contains(t, css, "body{.icon{", "nesting stays")
	assert.Contains(t, css, `url("./`+manifest["icon.svg"]+`")`, "images are named relative to the style sheet")

	js := files[manifest["app.js"]]
	assert.Contains(t, js, "hello from a package")
	assert.Contains(t, js, "greet, by somebody", "licences stay")
	assert.Contains(t, js, `import("./`+manifest["later.js"]+`")`, "what is imported when needed stays apart")
	assert.NotContains(t, js, "not at once")
	assert.Contains(t, files[manifest["later.js"]], "not at once")

	assert.Equal(t, "<svg/>", files[manifest["icon.svg"]])
}

func TestRunPacks(t *testing.T) {
	root := repository(t)
	require.NoError(t, run(root))

	files, manifest := dist(t, root)
	name := manifest["later.js"]
	require.Contains(t, files, name+brotliSuffix)
	plain, err := io.ReadAll(brotli.NewReader(strings.NewReader(files[name+brotliSuffix])))
	require.NoError(t, err)
	assert.Equal(t, files[name], string(plain))
	assert.Less(t, len(files[name+brotliSuffix]), len(plain))
	assert.NotContains(t, files, manifest["icon.svg"]+brotliSuffix, "it would be no smaller")
}

// maxOwnScript is the goal for this project's JavaScript that a shift on the board
// loads, in bytes, compressed. What few need and ask for, palette, help and sounds
// above all, is bounded beside it.
const (
	maxOwnScript    = 12_000
	maxWhenAsked    = 3_500
	loadedWhenAsked = "palette sound find dialogs menus printed"
)

// The packages of others aren't counted.
func TestOwnScriptIsSmall(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	ours := options(root, []string{sourceDir + "/js/app.js"})
	ours.Packages = api.PackagesExternal

	assets, err := bundle(ours)
	require.NoError(t, err)

	bytes, asked := 0, 0
	for _, name := range assets.manifest {
		packed, ok := assets.files[name+brotliSuffix]
		require.True(t, ok, name)
		t.Logf("%5d bytes %s", len(packed), name)
		if part, _, _ := strings.Cut(name, "."); strings.Contains(loadedWhenAsked, part) {
			asked += len(packed)
		} else {
			bytes += len(packed)
		}
	}
	t.Logf("our own JavaScript: %d bytes compressed (goal: %d), and %d when asked for", bytes, maxOwnScript, asked)
	assert.LessOrEqual(t, bytes, maxOwnScript)
	assert.LessOrEqual(t, asked, maxWhenAsked)
	assert.Greater(t, bytes, 2_000, "something was measured")
}

func TestRunIsDeterministic(t *testing.T) {
	one, other := repository(t), repository(t)
	require.NoError(t, run(one))
	require.NoError(t, run(other))

	filesOne, manifestOne := dist(t, one)
	filesOther, manifestOther := dist(t, other)
	assert.Equal(t, filesOne, filesOther)
	assert.Equal(t, manifestOne, manifestOther)
}

func TestNamesFollowContent(t *testing.T) {
	root := repository(t)
	require.NoError(t, run(root))
	_, before := dist(t, root)

	put(t, root, "web/static/img/icon.svg", "<svg></svg>")
	require.NoError(t, run(root))
	files, after := dist(t, root)

	assert.NotEqual(t, before["icon.svg"], after["icon.svg"])
	assert.NotEqual(t, before["app.css"], after["app.css"], "it names the image")
	assert.Equal(t, before["app.js"], after["app.js"])
	assert.NotContains(t, files, before["icon.svg"], "old outputs are removed")
	assert.NotContains(t, files, before["app.css"])
	assert.Contains(t, files, keepName)
}

func TestRunRefusesBrokenSources(t *testing.T) {
	tests := map[string]struct{ file, content, want string }{
		"a syntax error": {"web/static/js/app.js", "console.log(", "web/static/js/app.js:1:"},
		"a warning":      {"web/static/css/app.css", "body { colour red }", "web/static/css/app.css:1:"},
		"a lost package": {"web/static/js/app.js", "import 'nowhere'", `Could not resolve "nowhere"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := repository(t)
			require.NoError(t, run(root))
			before, _ := dist(t, root)
			put(t, root, tt.file, tt.content)

			require.ErrorContains(t, run(root), tt.want)

			after, _ := dist(t, root)
			assert.Equal(t, before, after, "the last good build stays")
		})
	}
}

func TestRunRefusesMissingEntryPoint(t *testing.T) {
	root := repository(t)
	require.NoError(t, os.Remove(filepath.Join(root, "web/static/css/app.css")))

	require.ErrorContains(t, run(root), "web/static/css/app.css")
}
