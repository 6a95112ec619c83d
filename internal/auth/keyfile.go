package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LoadOrCreateKey reads the sealing key (for NewSealer) from the file at path,
// or makes both at the first start. An existing file is never written to: with
// its key would go everything it sealed. A file others may read is refused.
func LoadOrCreateKey(path string) (string, error) {
	list, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return list, err
	}
	if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("making the key file %q: %w", path, err)
	}
	return loadKey(path) // the same key for all who start at once
}

func loadKey(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("the key file %q isn't a file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("the key file %q may be read or changed by others (mode %#o): make it 0600", path, info.Mode().Perm())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	list := strings.TrimSpace(string(content))
	if _, err := NewSealer(list); err != nil {
		return "", fmt.Errorf("the key file %q: %w", path, err)
	}
	return list, nil
}

// createKey makes the file appear whole or not at all: a crash half-way must
// not leave an empty key file, nor may two starts at once make two keys. A
// link, unlike a rename, fails where the name is taken.
func createKey(path string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()

	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails, says its documentation
	_, err = fmt.Fprintln(temp, base64.StdEncoding.EncodeToString(raw))
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
