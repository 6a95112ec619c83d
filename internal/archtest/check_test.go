package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path go.mod gives.
const module = "triageboard"

// An imported is one import in one file.
type imported struct {
	file string // from the module's top
	path string
}

// folder is the package the import stands in.
func (i imported) folder() string { return path.Dir(i.file) }

// importsOf reads the imports of every Go file in tree, whatever its build
// tags, tests included; folders the go command ignores are left out.
func importsOf(tree fs.FS) ([]imported, error) {
	var found []imported
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && ignored(entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		// A package without imports has to stand in the table as well.
		found = append(found, imported{file: name, path: module + "/" + path.Dir(name)})
		for _, spec := range parsed.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			found = append(found, imported{file: name, path: target})
		}
		return nil
	})
	return found, err
}

// ignored reports whether the go command, too, passes over a folder.
func ignored(folder string) bool {
	return folder == "testdata" || folder == "vendor" || folder == "node_modules" ||
		strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}

// violations checks every import against the table and the rule that the
// domain does no I/O.
func violations(tree fs.FS, table []row) ([]string, error) {
	imports, err := importsOf(tree)
	if err != nil {
		return nil, fmt.Errorf("reading the imports: %w", err)
	}
	var broken []string
	for _, i := range imports {
		if problem := check(i, table); problem != "" {
			broken = append(broken, i.file+": "+problem)
		}
	}
	return slices.Compact(broken), nil
}

// check returns what is wrong with one import, or "".
func check(i imported, table []row) string {
	from, ok := partOf(i.folder(), table)
	if !ok {
		return fmt.Sprintf("%s has no row in the dependency table", i.folder())
	}
	target, inModule := strings.CutPrefix(i.path, module+"/")
	if !inModule {
		if from.part == domain && !strings.HasSuffix(i.file, "_test.go") && slices.Contains(ioPackages, i.path) {
			return fmt.Sprintf("the domain does no I/O, but imports %s", i.path)
		}
		return ""
	}
	if contains(from.part, target) || slices.Equal(from.may, everything) || anyContains(from.may, target) {
		return ""
	}
	if strings.HasSuffix(i.file, "_test.go") && anyContains(testsMay[from.part], target) {
		return ""
	}
	return fmt.Sprintf("%s may not import %s", from.part, target)
}

// partOf finds the row of the part a folder belongs to.
func partOf(folder string, table []row) (row, bool) {
	at := slices.IndexFunc(table, func(r row) bool { return contains(r.part, folder) })
	if at < 0 {
		return row{}, false
	}
	return table[at], true
}

// contains reports whether folder is part, or below it.
func contains(part, folder string) bool {
	return folder == part || strings.HasPrefix(folder, part+"/")
}

func anyContains(parts []string, folder string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return contains(part, folder) })
}
