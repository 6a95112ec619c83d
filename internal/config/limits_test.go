package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWaitingLimits(t *testing.T) {
	for text, want := range map[string]WaitingLimits{
		"":                           {30 * time.Minute, 4 * time.Hour, 24 * time.Hour},
		"red=10m,orange=1h,gray=48h": {10 * time.Minute, time.Hour, 48 * time.Hour},
		" gray = 12h , red=1h30m":    {90 * time.Minute, 4 * time.Hour, 12 * time.Hour},
	} {
		c, err := load(map[string]string{"LUSCII_API_KEY": "k", "DASHBOARD_WAITING_LIMITS": text})
		require.NoError(t, err, text)
		assert.Equal(t, want, c.WaitingLimits, text)
	}
	for text, want := range map[string]string{
		"red":             `"red" isn't a flag=length pair`,
		"red=30m,":        `"" isn't a flag=length pair`,
		"purple=1h":       `"purple" isn't a flag`,
		"red=soon":        `"soon" isn't a length of time`,
		"red=30":          `"30" isn't a length of time`,
		"red=0s":          "the limit for red must be more than 0s",
		"gray=-1h":        "the limit for gray must be more than 0s",
		"red=1m,red=2m":   `"red" stands there twice`,
		"red=1m;gray=20h": "isn't a length of time",
	} {
		_, err := load(map[string]string{"LUSCII_API_KEY": "k", "DASHBOARD_WAITING_LIMITS": text})
		var problems Problems
		require.ErrorAs(t, err, &problems, text)
		require.Len(t, problems, 1, text)
		assert.Equal(t, "DASHBOARD_WAITING_LIMITS", problems[0].Setting)
		assert.Contains(t, problems[0].Text, want)
	}
}
