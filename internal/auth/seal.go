package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrSealed says that something sealed can't be opened: sealed under a key
// that is no longer given, for another purpose, or changed since.
var ErrSealed = errors.New("sealed under another key, for another purpose, or changed since")

const (
	keySize    = 32 // AES-256
	keyIDSize  = 4
	sealFormat = 1
)

// Sealer keeps what the database must not show: linked keys and session data.
// Sealed bytes are a format byte, the id of the key, then AES-256-GCM's nonce
// and ciphertext. It is safe for concurrent use.
type Sealer struct {
	keys []sealingKey // the first seals, all open
}

type sealingKey struct {
	header string // format byte and key id, authenticated with the purpose
	aead   cipher.AEAD
	raw    []byte
}

// NewSealer takes 32-byte keys in base64, several by comma: the first seals,
// all open, so that a key can be replaced without losing what it sealed.
func NewSealer(list string) (*Sealer, error) {
	var s Sealer
	for i, encoded := range strings.Split(list, ",") {
		// The decoder's own error is dropped: it tells where in the key it stumbled.
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil {
			return nil, fmt.Errorf("secret key %d isn't base64", i+1)
		}
		if len(raw) != keySize {
			return nil, fmt.Errorf("secret key %d has %d bytes instead of %d", i+1, len(raw), keySize)
		}
		key, err := newSealingKey(raw)
		if err != nil {
			return nil, fmt.Errorf("secret key %d: %w", i+1, err)
		}
		s.keys = append(s.keys, key)
	}
	return &s, nil
}

func newSealingKey(raw []byte) (sealingKey, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return sealingKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealingKey{}, err
	}
	id := sha256.Sum256(append([]byte("triage board key id:"), raw...))
	return sealingKey{string([]byte{sealFormat}) + string(id[:keyIDSize]), aead, raw}, nil
}

// Derive makes a 32-byte key for another purpose from each of the keys (HKDF with
// SHA-256), in their order: the first is the one to use, the others are for what
// was made before a key was replaced.
func (s *Sealer) Derive(purpose string) ([][]byte, error) {
	derived := make([][]byte, 0, len(s.keys))
	for _, key := range s.keys {
		one, err := hkdf.Key(sha256.New, key.raw, nil, "triage board: "+purpose, keySize)
		if err != nil {
			return nil, fmt.Errorf("deriving a key: %w", err)
		}
		derived = append(derived, one)
	}
	return derived, nil
}

// Seal encrypts plain for one purpose. What is sealed for one purpose doesn't
// open for another, so that nobody with the database alone can pass one
// record off as another.
func (s *Sealer) Seal(plain []byte, purpose string) []byte {
	key := s.keys[0]
	return key.aead.Seal([]byte(key.header), nil, plain, []byte(key.header+purpose))
}

// Open gives back what was sealed for the purpose, or ErrSealed.
func (s *Sealer) Open(sealed []byte, purpose string) ([]byte, error) {
	for _, key := range s.keys {
		rest, ours := strings.CutPrefix(string(sealed), key.header)
		if !ours {
			continue
		}
		if plain, err := key.aead.Open(nil, nil, []byte(rest), []byte(key.header+purpose)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSealed
}
