package auth

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func keyOf(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, keySize)) }

func sealer(t *testing.T, list string) *Sealer {
	t.Helper()
	s, err := NewSealer(list)
	require.NoError(t, err)
	return s
}

func TestSealAndOpen(t *testing.T) {
	s := sealer(t, keyOf(1))
	sealed := s.Seal([]byte("coughs"), "note")
	assert.NotContains(t, string(sealed), "coughs")
	assert.NotEqual(t, sealed, s.Seal([]byte("coughs"), "note"), "equal texts don't look equal")

	plain, err := s.Open(sealed, "note")
	require.NoError(t, err)
	assert.Equal(t, "coughs", string(plain))

	_, err = s.Open(sealed, "session")
	assert.ErrorIs(t, err, ErrSealed, "another purpose")
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err = s.Open(changed, "note")
		assert.ErrorIs(t, err, ErrSealed, "byte %d changed", i)
		_, err = s.Open(sealed[:i], "note")
		assert.ErrorIs(t, err, ErrSealed, "cut at %d", i)
	}
}

func TestKeysCanBeReplaced(t *testing.T) {
	before := sealer(t, keyOf(1)).Seal([]byte("x"), "p")
	both := sealer(t, keyOf(2)+" , "+keyOf(1))
	plain, err := both.Open(before, "p")
	require.NoError(t, err, "all open")
	assert.Equal(t, "x", string(plain))

	after := both.Seal([]byte("y"), "p")
	_, err = sealer(t, keyOf(2)).Open(after, "p")
	assert.NoError(t, err, "the first seals")
	_, err = sealer(t, keyOf(2)).Open(before, "p")
	assert.ErrorIs(t, err, ErrSealed)
}

func TestBadKeysInWords(t *testing.T) {
	for list, says := range map[string]string{
		"":                    "key 1 has 0 bytes instead of 32",
		"hunter2!":            "key 1 isn't base64",
		keyOf(1) + ",aGk=":    "key 2 has 2 bytes instead of 32",
		keyOf(1) + keyOf(1):   "key 1 isn't base64",
		keyOf(1) + ",hunter2": "key 2 isn't base64",
	} {
		_, err := NewSealer(list)
		require.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestKeyFileIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "board.key")
	lists := make([]string, 8)
	errs := make([]error, len(lists))
	var all sync.WaitGroup
	for i := range lists {
		all.Go(func() { lists[i], errs[i] = LoadOrCreateKey(path) })
	}
	all.Wait()
	for i := range lists {
		require.NoError(t, errs[i])
		assert.Equal(t, lists[0], lists[i], "all who start at once get the same key")
	}
	sealer(t, lists[0])

	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, files, 1, "nothing is left beside it")
	again, err := LoadOrCreateKey(path)
	require.NoError(t, err)
	assert.Equal(t, lists[0], again)
}

func TestKeyFileProblems(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	for _, tc := range []struct{ path, says string }{
		{file("group", keyOf(1), 0o640), "make it 0600"},
		{file("world", keyOf(1), 0o604), "make it 0600"},
		{file("empty", "", 0o600), "has 0 bytes instead of 32"},
		{file("text", "hunter2!", 0o600), "isn't base64"},
		{folder, "isn't a file"},
		{filepath.Join(folder, "missing", "key"), "making the key file"},
	} {
		before, _ := os.ReadFile(tc.path)
		_, err := LoadOrCreateKey(tc.path)
		require.ErrorContains(t, err, tc.says)
		assert.NotContains(t, err.Error(), "hunter2")
		after, _ := os.ReadFile(tc.path)
		assert.Equal(t, before, after, "never overwritten: %s", tc.path)
	}
	list, err := LoadOrCreateKey(file("two", strings.Join([]string{keyOf(1), keyOf(2)}, ",")+"\n", 0o400))
	require.NoError(t, err)
	sealer(t, list)
}

// Keys for another purpose follow from the sealing keys, and tell nothing of
// them or of each other.
func TestDerivedKeys(t *testing.T) {
	both, err := sealer(t, keyOf(2)+","+keyOf(1)).Derive("audit chain")
	require.NoError(t, err)
	one, err := sealer(t, keyOf(1)).Derive("audit chain")
	require.NoError(t, err)
	require.Len(t, both, 2)
	assert.Equal(t, one[0], both[1], "the same key gives the same, wherever it stands")
	other, err := sealer(t, keyOf(1)).Derive("something else")
	require.NoError(t, err)
	assert.NotEqual(t, one[0], other[0])
	assert.Len(t, one[0], keySize)
	assert.NotEqual(t, bytes.Repeat([]byte{1}, keySize), one[0])
}
