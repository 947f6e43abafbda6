package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figure is a row of panels with one legend on the right: lines of the same
// label have the same colour and mark in all of them. Errors, on the vertical
// axes, are logarithmic.
type figure struct {
	name, alt string
	panels    []panel
}

// panel is one pair of axes.
type panel struct {
	title, x, y string
	linear      bool // the vertical axis is
	lines       []line
}

// line is one curve; values that are not positive numbers are left out of
// logarithmic panels.
type line struct {
	label string
	x, y  []float64
}

func (l *line) add(x, y float64) { l.x, l.y = append(l.x, x), append(l.y, y) }

// palette are the colours of Okabe and Ito, which the colour-blind can tell
// apart and which show on white.
var palette = [...]color.RGBA{
	{0x00, 0x72, 0xB2, 0xFF}, // blue
	{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	{0x00, 0x9E, 0x73, 0xFF}, // green
	{0xCC, 0x79, 0xA7, 0xFF}, // purple
	{0x00, 0x00, 0x00, 0xFF}, // black
	{0xE6, 0x9F, 0x00, 0xFF}, // orange
	{0x56, 0xB4, 0xE9, 0xFF}, // sky
}

var marks = [...]draw.GlyphDrawer{
	draw.CircleGlyph{},
	draw.SquareGlyph{},
	draw.TriangleGlyph{},
	draw.PyramidGlyph{},
	draw.CrossGlyph{},
	draw.RingGlyph{},
	draw.BoxGlyph{},
}

// Measures of a figure.
const (
	panelWidth  = 8.2 * vg.Centimeter
	panelHeight = 7.6 * vg.Centimeter
	legendWidth = 6.2 * vg.Centimeter
	// leastError is the bottom of logarithmic axes: what lies below is rounding.
	leastError = 1e-16
)

// svg returns the figure on a white ground, so that it reads on dark pages too.
func (f *figure) svg() ([]byte, error) {
	c := vgsvg.New(f.size())
	if err := f.draw(draw.New(c)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, err
	}
	// Readers without the font of the measures fall back on a similar one.
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

func (f *figure) size() (w, h vg.Length) {
	return vg.Length(len(f.panels))*panelWidth + legendWidth, panelHeight
}

// draw draws the panels and the legend.
func (f *figure) draw(dc draw.Canvas) error {
	dc.SetColor(color.White)
	dc.Fill(dc.Path())
	var labels []string
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.TextStyle.Font = sans(11)
	legend.Padding = vg.Points(4)
	legend.ThumbnailWidth = vg.Points(28)
	row := make([]*plot.Plot, len(f.panels))
	for i := range f.panels {
		p, err := f.panels[i].plot(&labels, &legend)
		if err != nil {
			return err
		}
		row[i] = p
	}
	left, right := dc, dc
	left.Max.X -= legendWidth
	right.Min.X = left.Max.X + 10
	right.Max.Y -= 30
	tiles := draw.Tiles{Cols: len(row), Rows: 1, PadX: 14, PadTop: 6, PadBottom: 4, PadLeft: 4, PadRight: 4}
	for i, p := range row {
		drawPanel(p, f.panels[i].y, tiles.At(left, i, 0))
	}
	legend.Draw(right)
	return nil
}

// drawPanel draws a panel and the label of its vertical axis, for which the
// library leaves the room of its length above a logarithmic axis.
func drawPanel(p *plot.Plot, label string, c draw.Canvas) {
	text := p.Y.Label.TextStyle
	text.Rotation = math.Pi / 2
	height := text.Height(label)
	c.FillText(text, vg.Point{X: c.Min.X + height, Y: c.Center().Y}, label)
	p.Draw(draw.Crop(c, height+vg.Points(6), 0, 0, 0))
}

// plot returns the panel; labels collects those of the figure so far, whose
// order decides colours and marks.
func (p *panel) plot(labels *[]string, legend *plot.Legend) (*plot.Plot, error) {
	out := plot.New()
	out.Title.Text, out.X.Label.Text = p.title, p.x
	out.Title.TextStyle.Font, out.Title.Padding = sans(12), 6
	for _, a := range []*plot.Axis{&out.X, &out.Y} {
		a.Label.TextStyle.Font, a.Tick.Label.Font = sans(11), sans(10)
	}
	out.X.Tick.Marker = wholes{}
	out.Add(faintGrid())
	for _, l := range p.lines {
		number := indexOf(labels, l.label)
		known := number < len(*labels)
		if !known {
			*labels = append(*labels, l.label)
		}
		lines, points, err := plotter.NewLinePoints(p.points(l))
		if err != nil {
			return nil, fmt.Errorf("figure: line %q: %w", l.label, err)
		}
		lines.Width, lines.Color = vg.Points(1.5), palette[number]
		points.Shape, points.Radius, points.Color = marks[number], vg.Points(3), palette[number]
		out.Add(lines, points)
		if !known {
			legend.Add(l.label, lines, points)
		}
	}
	if !p.linear {
		out.Y.Scale, out.Y.Tick.Marker = plot.LogScale{}, decades{}
		out.Y.Min = math.Pow10(int(math.Floor(math.Log10(out.Y.Min))))
		out.Y.Max = math.Pow10(int(math.Ceil(math.Log10(out.Y.Max))))
	} else {
		out.Y.Min = 0
	}
	return out, nil
}

// points returns what of a line the panel can show.
func (p *panel) points(l line) plotter.XYs {
	var xy plotter.XYs
	for i, y := range l.y {
		if !p.linear {
			if !(y > 0) || math.IsInf(y, 0) {
				continue
			}
			y = math.Max(y, leastError)
		}
		xy = append(xy, plotter.XY{X: l.x[i], Y: y})
	}
	return xy
}

// indexOf returns the place of a label, the length for a new one.
func indexOf(labels *[]string, label string) int {
	for i, l := range *labels {
		if l == label {
			return i
		}
	}
	return len(*labels)
}

func sans(size vg.Length) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
}

func faintGrid() *plotter.Grid {
	g := plotter.NewGrid()
	for _, s := range []*draw.LineStyle{&g.Horizontal, &g.Vertical} {
		s.Color, s.Width = color.Gray{0xD8}, vg.Points(0.5)
	}
	return g
}

// decades marks powers of ten: labels at every one, or at every second or
// third of a long axis.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(lo, hi float64) []plot.Tick {
	from, to := int(math.Floor(math.Log10(lo)+1e-9)), int(math.Ceil(math.Log10(hi)-1e-9))
	step := 1 + (to-from)/8
	var ticks []plot.Tick
	for e := from; e <= to; e++ {
		t := plot.Tick{Value: math.Pow10(e)}
		if (to-e)%step == 0 {
			t.Label = powerOfTen(e)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// powerOfTen writes 10^e as the tables do: the font of the figures lacks most
// raised digits.
func powerOfTen(e int) string {
	if e == 0 {
		return "1"
	}
	return fmt.Sprintf("1e%d", e)
}

// wholes marks whole numbers of terms or nodes.
type wholes struct{}

// Ticks implements plot.Ticker.
func (wholes) Ticks(lo, hi float64) []plot.Tick {
	step := 1.0
	for _, s := range []float64{1, 2, 5, 10, 20, 50, 100} {
		if step = s; (hi-lo)/s <= 9 {
			break
		}
	}
	var ticks []plot.Tick
	for x := math.Ceil(lo/step) * step; x <= hi; x += step {
		ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprint(x)})
	}
	return ticks
}
