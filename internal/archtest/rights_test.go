package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// namesRoles are the files outside the domain that may name a role, and why: sign-in
// asks which kind of key fits which role; the others make people up.
var namesRoles = []string{"internal/auth/signin.go", "internal/handlers/gallery.go", "cmd/bench/serve_streams.go"}

// What a role may do is decided in internal/triage alone: whoever names a role
// elsewhere decides a right there.
func TestRightsAreDecidedInOnePlace(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if strings.HasPrefix(name, domain+"/") || slices.Contains(namesRoles, name) {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		ast.Inspect(file, func(n ast.Node) bool {
			if role, ok := n.(*ast.SelectorExpr); ok {
				of, isName := role.X.(*ast.Ident)
				assert.False(t, isName && of.Name == "triage" && slices.Contains(roles, role.Sel.Name),
					"%s names %s: ask Actor.Can or Actor.May", name, role.Sel.Name)
			}
			return true
		})
		return nil
	}))
	assert.Greater(t, seen, 100)
}

var roles = []string{"RoleAdmin", "RoleViewAll", "RolePrimary", "RoleSecondary"}
