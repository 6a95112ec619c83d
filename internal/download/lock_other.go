//go:build !unix

package download

import "os"

// lock does nothing where files can't be locked.
func lock(*os.File) error { return nil }
