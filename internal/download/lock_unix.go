//go:build unix

package download

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock keeps other processes from writing to the file, until it is closed or this
// process ends.
func lock(file *os.File) error {
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return fmt.Errorf("in another process: %w", ErrRunning)
	case err != nil:
		return fmt.Errorf("lock the kept rows: %w", err)
	}
	return nil
}
