package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	shrunkBy = 2  // how much smaller a reference is than what it was made of
	colours  = 64 // of a reference
	// blockSide is the side of the blocks that are compared by their means, in
	// pixels of a reference: differences in how the edges of letters are smoothed
	// don't show in them.
	blockSide = 8
	tolerated = 10    // by how much a mean may differ, of 255
	mayDiffer = 0.001 // of all blocks
)

// shrunk is a picture at a fraction of its size, each pixel the mean of those it
// stands for.
func shrunk(picture image.Image) *image.RGBA {
	from := asRGBA(picture)
	to := image.NewRGBA(image.Rect(0, 0, from.Rect.Dx()/shrunkBy, from.Rect.Dy()/shrunkBy))
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			to.SetRGBA(x, y, mean(from, image.Rect(x*shrunkBy, y*shrunkBy, (x+1)*shrunkBy, (y+1)*shrunkBy)))
		}
	}
	return to
}

func asRGBA(picture image.Image) *image.RGBA {
	if rgba, ok := picture.(*image.RGBA); ok && rgba.Rect.Min == (image.Point{}) {
		return rgba
	}
	rgba := image.NewRGBA(image.Rectangle{Max: picture.Bounds().Size()})
	draw.Draw(rgba, rgba.Rect, picture, picture.Bounds().Min, draw.Src)
	return rgba
}

// mean is the mean colour of a part of a picture.
func mean(of *image.RGBA, part image.Rectangle) color.RGBA {
	part = part.Intersect(of.Rect)
	var sum [3]int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := of.Pix[of.PixOffset(part.Min.X, y) : of.PixOffset(part.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			for c := range sum {
				sum[c] += int(row[i+c])
			}
		}
	}
	n := max(1, part.Dx()*part.Dy())
	return color.RGBA{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n), 255}
}

// paletted is a picture in few colours, since files of few colours are small: first
// the commonest of those that are far from each other, so that a red dot stays red
// among many grays, then the commonest of the rest.
func paletted(picture *image.RGBA) *image.Paletted {
	often := map[color.RGBA]int{}
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			often[picture.RGBAAt(x, y)]++
		}
	}
	order := slices.SortedFunc(maps.Keys(often), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(often[b], often[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var chosen []color.RGBA
	for _, distance := range []int{40, 4} {
		for _, c := range order {
			near := func(other color.RGBA) bool { return apart(c, other) < distance }
			if len(chosen) < colours && !slices.ContainsFunc(chosen, near) {
				chosen = append(chosen, c)
			}
		}
	}
	var palette color.Palette
	for _, c := range chosen {
		palette = append(palette, c)
	}
	return inPalette(picture, palette)
}

// inPalette is a picture in given colours.
func inPalette(picture *image.RGBA, palette color.Palette) *image.Paletted {
	out := image.NewPaletted(picture.Rect, palette)
	known := map[color.RGBA]uint8{}
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			c := picture.RGBAAt(x, y)
			nearest, ok := known[c]
			if !ok {
				nearest = uint8(palette.Index(c))
				known[c] = nearest
			}
			out.SetColorIndex(x, y, nearest)
		}
	}
	return out
}

// comparison is what differs between a reference and a picture, both shrunk: how
// many blocks of how many, and a picture of where.
type comparison struct {
	differing, all int
	where          *image.RGBA
}

// fits reports that the two show the same.
func (c comparison) fits() bool { return float64(c.differing) <= mayDiffer*float64(c.all) }

// compare compares by the means of blocks, in the reference's colours.
func compare(reference *image.Paletted, picture *image.RGBA) comparison {
	was, is := asRGBA(reference), asRGBA(inPalette(picture, reference.Palette))
	c := comparison{where: image.NewRGBA(was.Rect.Union(is.Rect))}
	draw.Draw(c.where, c.where.Rect, is, image.Point{}, draw.Src)
	for y := 0; y < c.where.Rect.Dy(); y += blockSide {
		for x := 0; x < c.where.Rect.Dx(); x += blockSide {
			block := image.Rect(x, y, x+blockSide, y+blockSide)
			c.all++
			if block.In(was.Rect) == block.In(is.Rect) && apart(mean(was, block), mean(is, block)) <= tolerated {
				continue
			}
			c.differing++
			draw.Draw(c.where, block, image.NewUniform(color.NRGBA{255, 0, 255, 160}), image.Point{}, draw.Over)
		}
	}
	return c
}

// apart is how much two colours differ, in the part in which they do most.
func apart(a, b color.RGBA) int {
	d := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B))
}

func readPicture(file string) (*image.Paletted, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	picture, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	reference, ok := picture.(*image.Paletted)
	if !ok {
		return nil, fmt.Errorf("%s: isn't in a palette", file)
	}
	return reference, nil
}

func writePicture(file string, picture image.Image) error {
	var body bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&body, picture); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, body.Bytes(), 0o644)
}

// A comparison that finds nothing would let every picture pass.
func TestCompare(t *testing.T) {
	page := func(change func(*image.RGBA)) *image.RGBA {
		picture := image.NewRGBA(image.Rect(0, 0, 640, 480))
		draw.Draw(picture, picture.Rect, image.White, image.Point{}, draw.Src)
		for y := 20; y < 480; y += 40 { // lines of something like text
			for x := 20; x < 600; x += 3 {
				draw.Draw(picture, image.Rect(x, y, x+1, y+12), image.Black, image.Point{}, draw.Src)
			}
		}
		draw.Draw(picture, image.Rect(300, 200, 316, 216), image.NewUniform(color.RGBA{176, 0, 32, 255}), image.Point{}, draw.Src)
		change(picture)
		return picture
	}
	as := func(change func(*image.RGBA)) comparison {
		return compare(paletted(shrunk(page(func(*image.RGBA) {}))), shrunk(page(change)))
	}
	assert.Zero(t, as(func(*image.RGBA) {}).differing)
	assert.True(t, as(func(p *image.RGBA) { // an edge smoothed otherwise
		for y := 20; y < 32; y++ {
			p.SetRGBA(20, y, color.RGBA{90, 90, 90, 255})
		}
	}).fits())
	for name, change := range map[string]func(*image.RGBA){
		"a line is gone": func(p *image.RGBA) { draw.Draw(p, image.Rect(0, 60, 640, 72), image.White, image.Point{}, draw.Src) },
		"all lies lower": func(p *image.RGBA) { draw.Draw(p, p.Rect, page(func(*image.RGBA) {}), image.Pt(0, -16), draw.Src) },
		"another colour": func(p *image.RGBA) {
			draw.Draw(p, image.Rect(300, 100, 360, 118), image.NewUniform(color.RGBA{230, 159, 0, 255}), image.Point{}, draw.Src)
		},
		"a paler word": func(p *image.RGBA) {
			draw.Draw(p, image.Rect(20, 100, 120, 112), image.NewUniform(color.RGBA{200, 200, 200, 255}), image.Point{}, draw.Src)
		},
		"a red dot is gray": func(p *image.RGBA) {
			draw.Draw(p, image.Rect(300, 200, 316, 216), image.NewUniform(color.RGBA{95, 99, 104, 255}), image.Point{}, draw.Src)
		},
		"the page is blank": func(p *image.RGBA) { draw.Draw(p, p.Rect, image.White, image.Point{}, draw.Src) },
	} {
		assert.False(t, as(change).fits(), name)
	}
	higher := shrunk(image.NewRGBA(image.Rect(0, 0, 640, 600)))
	assert.False(t, compare(paletted(shrunk(page(func(*image.RGBA) {}))), higher).fits(), "another height")

	file := filepath.Join(t.TempDir(), "page.png")
	reference := paletted(shrunk(page(func(*image.RGBA) {})))
	require.NoError(t, writePicture(file, reference))
	read, err := readPicture(file)
	require.NoError(t, err)
	assert.Zero(t, compare(read, shrunk(page(func(*image.RGBA) {}))).differing)
}
