package expr

import (
	"math"
	"strings"
	"testing"
)

// plain are loops over package math that compute the first expressions of
// smooth: the limit for Grid.
var plain = map[string]func(a, b float64, x, y []float64, dst []complex128){
	"exp(1i*20*a*x)": func(a, _ float64, x, _ []float64, dst []complex128) {
		for i, v := range x {
			s, c := math.Sincos(20 * a * v)
			dst[i] = complex(c, s)
		}
	},
	"exp(1i*a*x)/(4*pi*x)": func(a, _ float64, x, _ []float64, dst []complex128) {
		for i, v := range x {
			s, c := math.Sincos(a * v)
			r := 4 * math.Pi * v
			dst[i] = complex(c/r, s/r)
		}
	},
}

var plainReal = map[string]func(a, b float64, x, y []float64, dst []float64){
	"exp(-((x-a)^2+(y-b)^2)/0.04)": func(a, b float64, x, y, dst []float64) {
		for i, v := range x {
			p, q := v-a, y[i]-b
			dst[i] = math.Exp(-(p*p + q*q) / 0.04)
		}
	},
	"x < 0.5 ? a : b*x": func(a, b float64, x, _, dst []float64) {
		for i, v := range x {
			if v < 0.5 {
				dst[i] = a
			} else {
				dst[i] = b * v
			}
		}
	},
	"1/sqrt((x-a-2)^2+(y+b)^2)": func(a, b float64, x, y, dst []float64) {
		for i, v := range x {
			p, q := v-a-2, y[i]+b
			dst[i] = 1 / math.Sqrt(p*p+q*q)
		}
	},
	"x*sin(y)*a + cos(x)*b": func(a, b float64, x, y, dst []float64) {
		for i, v := range x {
			dst[i] = v*math.Sin(y[i])*a + math.Cos(v)*b
		}
	},
	"x < 0.25 ? exp(a*x) : x < 0.5 ? sqrt(x)*b : log(1+x)^2": func(a, b float64, x, _, dst []float64) {
		for i, v := range x {
			switch {
			case v < 0.25:
				dst[i] = math.Exp(a * v)
			case v < 0.5:
				dst[i] = math.Sqrt(v) * b
			default:
				l := math.Log(1 + v)
				dst[i] = l * l
			}
		}
	},
}

// BenchmarkGrid reports nanoseconds per value of the grid, of the plain loop and
// of Eval at every point.
func BenchmarkGrid(b *testing.B) {
	points := testPoints(1 << 12)
	mu := []float64{0.3, 0.7}
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(points[0])), "ns/value")
	}
	for _, src := range smooth {
		e := parsed(b, src, gridNames...)
		g, err := NewGrid(e, 2, points)
		if err != nil {
			b.Fatal(err)
		}
		w := g.NewWork()
		real, complex := make([]float64, g.Len()), make([]complex128, g.Len())
		b.Run(strings.ReplaceAll(src, "/", "÷")+"/grid", func(b *testing.B) {
			for b.Loop() {
				if e.Complex() {
					err = Fill(g, w, mu, 0, g.Len(), complex)
				} else {
					err = Fill(g, w, mu, 0, g.Len(), real)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			report(b)
		})
		if f := plain[src]; f != nil {
			b.Run(strings.ReplaceAll(src, "/", "÷")+"/plain", func(b *testing.B) {
				for b.Loop() {
					f(mu[0], mu[1], points[0], points[1], complex)
				}
				report(b)
			})
		}
		if f := plainReal[src]; f != nil {
			b.Run(strings.ReplaceAll(src, "/", "÷")+"/plain", func(b *testing.B) {
				for b.Loop() {
					f(mu[0], mu[1], points[0], points[1], real)
				}
				report(b)
			})
		}
		rows := make([][]float64, len(points[0]))
		for r := range rows {
			rows[r] = []float64{points[0][r], points[1][r]}
		}
		b.Run(strings.ReplaceAll(src, "/", "÷")+"/column", func(b *testing.B) {
			for b.Loop() {
				if e.Complex() {
					err = FillColumn(g, w, rows, 5, complex)
				} else {
					err = FillColumn(g, w, rows, 5, real)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			report(b)
		})
		b.Run(strings.ReplaceAll(src, "/", "÷")+"/eval", func(b *testing.B) {
			x := []float64{mu[0], mu[1], 0, 0}
			for b.Loop() {
				for i := range points[0] {
					x[2], x[3] = points[0][i], points[1][i]
					sinkValue, _ = e.Eval(x)
				}
			}
			report(b)
		})
	}
}
