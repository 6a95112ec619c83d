package static

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// linear is a colour in linear sRGB, each part from 0 to 1.
type linear [3]float64

// hexColour reads "#rrggbb".
func hexColour(text string) (linear, error) {
	var c linear
	if len(text) != 7 || text[0] != '#' {
		return c, fmt.Errorf("%q isn't #rrggbb", text)
	}
	for i := range c {
		n, err := strconv.ParseUint(text[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return c, fmt.Errorf("%q isn't #rrggbb: %w", text, err)
		}
		if v := float64(n) / 255; v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return c, nil
}

// contrast is WCAG 2's contrast ratio, from 1 to 21.
func contrast(a, b linear) float64 {
	luminance := func(c linear) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// How people see who lack one kind of cone: Machado, Oliveira and Fernandes,
// 2009, at full severity; applied to linear sRGB.
var (
	protanopia = [3][3]float64{
		{0.152286, 1.052583, -0.204868},
		{0.114503, 0.786281, 0.099216},
		{-0.003882, -0.048116, 1.051998},
	}
	deuteranopia = [3][3]float64{
		{0.367322, 0.860646, -0.227968},
		{0.280085, 0.672501, 0.047413},
		{-0.011820, 0.042940, 0.968881},
	}
)

// seenWith is the colour as somebody with that vision sees it.
func (c linear) seenWith(m [3][3]float64) (seen linear) {
	for i, row := range m {
		seen[i] = min(1, max(0, row[0]*c[0]+row[1]*c[1]+row[2]*c[2]))
	}
	return seen
}

// lab is a colour in CIE L*a*b*.
type lab struct{ l, a, b float64 }

// lab is the colour in L*a*b*, under the white of sRGB (D65).
func (c linear) lab() lab {
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124564*c[0] + 0.3575761*c[1] + 0.1804375*c[2]) / 0.95047)
	y := f(0.2126729*c[0] + 0.7151522*c[1] + 0.0721750*c[2])
	z := f((0.0193339*c[0] + 0.1191920*c[1] + 0.9503041*c[2]) / 1.08883)
	return lab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// deltaE is CIEDE2000, after Sharma, Wu and Dalal, 2005.
func deltaE(p, q lab) float64 {
	const full = 2 * math.Pi
	radians := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	pow7 := func(x float64) float64 { return math.Sqrt(math.Pow(x, 7) / (math.Pow(x, 7) + math.Pow(25, 7))) }

	g := 0.5 * (1 - pow7((math.Hypot(p.a, p.b)+math.Hypot(q.a, q.b))/2))
	pa, qa := (1+g)*p.a, (1+g)*q.a
	pc, qc := math.Hypot(pa, p.b), math.Hypot(qa, q.b)
	hue := func(a, b float64) float64 { return math.Mod(math.Atan2(b, a)+full, full) }
	ph, qh := hue(pa, p.b), hue(qa, q.b)

	between, mean := qh-ph, (ph+qh)/2
	switch {
	case pc*qc == 0:
		between, mean = 0, ph+qh
	case math.Abs(between) > math.Pi:
		between -= math.Copysign(full, between)
		if ph+qh < full {
			mean += math.Pi
		} else {
			mean -= math.Pi
		}
	}
	dl, dc, dh := q.l-p.l, qc-pc, 2*math.Sqrt(pc*qc)*math.Sin(between/2)

	ml, mc := (p.l+q.l)/2, (pc+qc)/2
	t := 1 - 0.17*math.Cos(mean-radians(30)) + 0.24*math.Cos(2*mean) +
		0.32*math.Cos(3*mean+radians(6)) - 0.20*math.Cos(4*mean-radians(63))
	sl := 1 + 0.015*(ml-50)*(ml-50)/math.Sqrt(20+(ml-50)*(ml-50))
	sc, sh := 1+0.045*mc, 1+0.015*mc*t
	off := (mean*180/math.Pi - 275) / 25
	turn := -2 * pow7(mc) * math.Sin(radians(60)*math.Exp(-off*off))

	dl, dc, dh = dl/sl, dc/sc, dh/sh
	return math.Sqrt(dl*dl + dc*dc + dh*dh + turn*dc*dh)
}

// The formula's authors published pairs to check it by.
func TestDeltaE(t *testing.T) {
	for _, tt := range []struct {
		p, q lab
		want float64
	}{
		{lab{50, 2.6772, -79.7751}, lab{50, 0, -82.7485}, 2.0425},
		{lab{50, -1, 2}, lab{50, 0, 0}, 2.3669},
		{lab{50, 2.49, -0.001}, lab{50, -2.49, 0.0011}, 7.2195},
		{lab{50, 2.5, 0}, lab{73, 25, -18}, 27.1492},
		{lab{50, 2.5, 0}, lab{56, -27, -3}, 31.9030},
		{lab{60.2574, -34.0099, 36.2677}, lab{60.4626, -34.1751, 39.4387}, 1.2644},
		{lab{2.0776, 0.0795, -1.1350}, lab{0.9033, -0.0636, -0.5514}, 0.9082},
	} {
		assert.InDelta(t, tt.want, deltaE(tt.p, tt.q), 0.0001)
		assert.InDelta(t, tt.want, deltaE(tt.q, tt.p), 0.0001)
	}
}

func TestContrast(t *testing.T) {
	for pair, want := range map[[2]string]float64{
		{"#000000", "#ffffff"}: 21,
		{"#777777", "#ffffff"}: 4.48,
		{"#b00020", "#b00020"}: 1,
	} {
		a, err := hexColour(pair[0])
		require.NoError(t, err)
		b, err := hexColour(pair[1])
		require.NoError(t, err)
		assert.InDelta(t, want, contrast(a, b), 0.005)
	}
}

// Who lacks a cone sees white and gray as everybody does.
func TestSeenWith(t *testing.T) {
	for _, vision := range [][3][3]float64{protanopia, deuteranopia} {
		for i := range 3 {
			assert.InDelta(t, 0.5, linear{0.5, 0.5, 0.5}.seenWith(vision)[i], 0.0001)
		}
		red, green := linear{1, 0, 0}.seenWith(vision), linear{0, 0.4, 0}.seenWith(vision)
		assert.Less(t, deltaE(red.lab(), green.lab()), deltaE(linear{1, 0, 0}.lab(), linear{0, 0.4, 0}.lab()))
	}
}
