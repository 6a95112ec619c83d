package audit

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// R21: what is in one part can't pass for another's.
func TestPartsLendNoBytes(t *testing.T) {
	key := make([]byte, 32)
	assert.NotEqual(t, mac(key, "a", "bc"), mac(key, "ab", "c"))
	assert.NotEqual(t, mac(key, "a", "", "b"), mac(key, "a", "b", ""))
	assert.NotEqual(t, mac(key, "a"), mac(key, "a", ""))
}
