package triage

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUrgent(t *testing.T) {
	assert.False(t, IsUrgent(t.Context()))
	assert.True(t, IsUrgent(Urgent(t.Context())))
}
