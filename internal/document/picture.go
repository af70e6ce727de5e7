package document

import (
	"image"
	"image/color"
)

// gray copies a code to 8-bit gray, which every PDF reader takes.
func gray(c image.Image) *image.Gray {
	b := c.Bounds()
	g := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			g.SetGray(x, y, color.GrayModel.Convert(c.At(x, y)).(color.Gray))
		}
	}
	return g
}
