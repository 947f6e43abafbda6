package coefficients

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"

	"eimtool/internal/dense"
)

type synth struct {
	name   string
	s      *Samples
	mt, kt *dense.Matrix[float64]
}

type axisSpec struct {
	lo, hi float64
	log    bool
}

func (a axisSpec) at(u float64) float64 {
	if a.log {
		return a.lo * math.Pow(a.hi/a.lo, u)
	}
	return a.lo + u*(a.hi-a.lo)
}

// layout: "halton", "grid:16x8", "eq", "rand", "periodicgrid"
func mkSynth(name string, ax []axisSpec, layout string, n int, cplx bool, f func(mu []float64, x float64) complex128, d int, seed int64) synth {
	p := len(ax)
	rg := rand.New(rand.NewSource(seed))
	var mus [][]float64
	switch {
	case layout == "halton":
		u := halton(n+20, p)
		for i := range n {
			m := make([]float64, p)
			for j := range m {
				m[j] = ax[j].at(u.At(i+20, j))
			}
			mus = append(mus, m)
		}
	case layout == "rand":
		for range n {
			m := make([]float64, p)
			for j := range m {
				m[j] = ax[j].at(rg.Float64())
			}
			mus = append(mus, m)
		}
	case layout == "eq":
		for i := range n {
			mus = append(mus, []float64{ax[0].at(float64(i) / float64(n-1))})
		}
	case layout == "per":
		for i := range n {
			mus = append(mus, []float64{ax[0].at(float64(i) / float64(n))})
		}
	default:
		var c [4]int
		per := strings.HasPrefix(layout, "p")
		sp := strings.Split(strings.TrimPrefix(layout, "p"), "x")
		tot := 1
		for i, s := range sp {
			fmt.Sscan(s, &c[i])
			tot *= c[i]
		}
		for k := range tot {
			m := make([]float64, p)
			q := k
			for j := range m {
				i := q % c[j]
				q /= c[j]
				den := float64(c[j] - 1)
				if per && j == 0 {
					den = float64(c[j])
				}
				m[j] = ax[j].at(float64(i) / den)
			}
			mus = append(mus, m)
		}
	}
	n = len(mus)
	eval := func(mu []float64) []float64 {
		w := d
		if cplx {
			w *= 2
		}
		k := make([]float64, w)
		for i := range d {
			v := f(mu, (float64(i)+.5)/float64(d))
			k[i] = real(v)
			if cplx {
				k[d+i] = imag(v)
			}
		}
		return k
	}
	s := &Samples{Complex: cplx, Mu: dense.New[float64](n, p)}
	for j := range p {
		s.Names = append(s.Names, fmt.Sprint("m", j))
	}
	for i, m := range mus {
		copy(s.Mu.Row(i), m)
		k := eval(m)
		if s.K == nil {
			s.K = dense.New[float64](n, len(k))
		}
		copy(s.K.Row(i), k)
	}
	nm := min(d, 12)
	s.Magic = dense.New[complex128](n, nm)
	for i := range n {
		for j := range nm {
			c := j * d / nm
			v := complex(s.K.At(i, c), 0)
			if cplx {
				v = complex(s.K.At(i, c), s.K.At(i, d+c))
			}
			s.Magic.Set(i, j, v)
		}
	}
	nt := 20
	o := synth{name: name, s: s, mt: dense.New[float64](nt, p), kt: dense.New[float64](nt, s.K.Cols)}
	// tests inside sample box
	for i := range nt {
		for j := range p {
			lo, hi := math.Inf(1), math.Inf(-1)
			for _, m := range mus {
				lo = min(lo, m[j])
				hi = max(hi, m[j])
			}
			o.mt.Set(i, j, axisSpec{lo, hi, ax[j].log}.at(rg.Float64()))
		}
		copy(o.kt.Row(i), eval(o.mt.Row(i)))
	}
	return o
}

func synths() []synth {
	R := func(x float64) complex128 { return complex(x, 0) }
	box := func(p int) []axisSpec {
		a := make([]axisSpec, p)
		for i := range a {
			a[i] = axisSpec{0.5, 1.5, false}
		}
		return a
	}
	c := func(x float64, k int) float64 { return math.Cos(float64(k+1) * 3 * x) }
	affine8 := func(m []float64, x float64) complex128 {
		v := 1.0
		for k, u := range m {
			v += u * c(x, k)
		}
		return R(v + m[0]*m[1]*c(x, 9) + math.Exp(m[2]/2)*c(x, 10))
	}
	return []synth{
		mkSynth("aff8", box(8), "halton", 150, false, affine8, 80, 1),
		mkSynth("aff8pure", box(8), "halton", 60, false, func(m []float64, x float64) complex128 {
			v := 1.0
			for k, u := range m {
				v += u * c(x, k)
			}
			return R(v)
		}, 80, 1),
		mkSynth("res1", []axisSpec{{1, 5, false}}, "eq", 30, false, func(m []float64, x float64) complex128 { return R(1/(m[0]-0.9+x) + 1/(m[0]*m[0]+x*x)) }, 60, 2),
		mkSynth("osc", []axisSpec{{1, 10, false}}, "eq", 40, true, func(m []float64, x float64) complex128 { return cmplx.Exp(complex(0, 3*m[0]*x)) / complex(1+x, 0) }, 60, 3),
		mkSynth("oscres", []axisSpec{{1, 10, false}}, "eq", 40, true, func(m []float64, x float64) complex128 { return cmplx.Exp(complex(0, m[0]*x)) / complex(m[0]-5, .5+x) }, 60, 3),
		mkSynth("bump3", box(3), "halton", 150, false, func(m []float64, x float64) complex128 {
			y := math.Mod(x*7, 1)
			z := math.Mod(x*13, 1)
			a, b, d := m[0]-.5-x, m[1]-.5-y, m[2]-.5-z
			return R(1 + math.Exp(-(a*a+b*b+d*d)/.3))
		}, 200, 4),
		mkSynth("bump1", []axisSpec{{0, 1, false}}, "eq", 40, false, func(m []float64, x float64) complex128 { return R(.1 + math.Exp(-(m[0]-x)*(m[0]-x)/.01)) }, 80, 5),
		mkSynth("periodic1", []axisSpec{{0, 2 * math.Pi, false}}, "per", 24, false, func(m []float64, x float64) complex128 { return R(1 / (1.5 + math.Cos(m[0]-2*math.Pi*x))) }, 60, 6),
		mkSynth("periodic2", []axisSpec{{0, 2 * math.Pi, false}, {.5, 2, false}}, "p16x8", 0, false, func(m []float64, x float64) complex128 { return R(math.Exp(m[1] * math.Cos(m[0]-2*math.Pi*x))) }, 60, 7),
		mkSynth("kink1", []axisSpec{{0, 1, false}}, "eq", 40, false, func(m []float64, x float64) complex128 { return R(math.Abs(m[0] - x)) }, 60, 8),
		mkSynth("kink2", box(2), "halton", 80, false, func(m []float64, x float64) complex128 { return R(.3 + math.Abs(m[0]-.5-x) + m[1]*math.Abs(m[1]-.5-x)) }, 60, 9),
		mkSynth("cov3", []axisSpec{{.1, .6, true}, {.1, 1, true}, {.001, .1, true}}, "halton", 100, false, func(m []float64, x float64) complex128 {
			y := math.Mod(7*x, 1)
			q := math.Sqrt(x*x/m[0]/m[0] + y*y/m[1]/m[1])
			v := (1 + q) * math.Exp(-q)
			if x < .05 {
				v += m[2]
			}
			return R(v)
		}, 150, 10),
		mkSynth("covexp", []axisSpec{{.1, 1, false}, {.2, 2, false}}, "halton", 80, false, func(m []float64, x float64) complex128 { return R(m[1] * math.Exp(-x/m[0])) }, 80, 11),
		mkSynth("decades", []axisSpec{{1e-3, 1e3, true}}, "halton", 30, false, func(m []float64, x float64) complex128 { return R(1 / (1 + m[0]*math.Pow(10, 4*x-2))) }, 60, 12),
		mkSynth("decades2", []axisSpec{{1e-2, 1e2, true}, {1e-2, 1e2, true}}, "halton", 100, false, func(m []float64, x float64) complex128 { return R(m[0]*x + m[1]*m[1]/(m[1]+m[0]*x)) }, 60, 13),
		mkSynth("rat5", box(5), "halton", 150, false, func(m []float64, x float64) complex128 {
			q := .5
			for k, u := range m {
				q += u * math.Abs(c(x, k))
			}
			return R(1 / q)
		}, 100, 14),
		mkSynth("tiny6", box(1), "eq", 6, false, func(m []float64, x float64) complex128 { return R(math.Exp(m[0] * x)) }, 30, 15),
		mkSynth("tiny8", box(2), "halton", 8, false, func(m []float64, x float64) complex128 { return R(math.Exp(m[0]*x) + m[1]*x) }, 30, 16),
		mkSynth("grid3", box(3), "6x5x4", 0, false, func(m []float64, x float64) complex128 { return R(math.Exp(m[0]*x) / (m[1] + x*m[2])) }, 100, 17),
		mkSynth("grid2log", []axisSpec{{1, 100, true}, {1, 3, false}}, "9x9", 0, false, func(m []float64, x float64) complex128 { return R(1/(1+x/m[0]) + math.Exp(-x*m[1])*m[0]) }, 100, 17),
		mkSynth("steep1", []axisSpec{{0, 1, false}}, "eq", 50, false, func(m []float64, x float64) complex128 { return R(1.2 + math.Tanh(10*(m[0]-x))) }, 60, 18),
		mkSynth("geo2", []axisSpec{{.1, .3, false}, {.4, .7, false}}, "halton", 60, false, func(m []float64, x float64) complex128 {
			a := 1 - m[0]*(1-x) - m[1]*x
			b := m[1] - m[0]*x
			return R(a/b + b/a + (1-x)*(.7-m[0])/(m[1]+x))
		}, 80, 19),
		mkSynth("geo3", []axisSpec{{.1, .3, false}, {.4, .7, false}, {.8, 1.3, false}}, "rand", 120, false, func(m []float64, x float64) complex128 {
			a := 1 - m[0]*(1-x) - m[1]*x
			b := m[1] - m[0]*x
			return R(a/b*m[2] + b/a/m[2] + (1-x)*(.7-m[0])/(m[1]*m[2]+x))
		}, 80, 20),
		mkSynth("helm2", []axisSpec{{1, 6, false}, {.5, 2, true}}, "halton", 100, true, func(m []float64, x float64) complex128 {
			k := complex(m[0], 0)
			y := cmplx.Sqrt(k) / (cmplx.Sqrt(k) + complex(m[1]+x, 0))
			return complex(math.Cos(5*x), 0) - k*k*complex(x, 0) - 1i*k*y*complex(math.Sin(9*x), 0)
		}, 80, 21),
		mkSynth("bem2", []axisSpec{{1, 6, false}, {.8, 1.2, false}}, "halton", 140, true, func(m []float64, x float64) complex128 {
			r := m[1] * (.1 + x)
			return cmplx.Exp(complex(0, m[0]*r)) / complex(r, 0)
		}, 80, 22),
		mkSynth("mixed4", box(4), "halton", 120, false, func(m []float64, x float64) complex128 {
			return R(m[0]*c(x, 1) + math.Sin(2*m[1]+x)*c(x, 2) + 1/(m[2]+m[3]+x))
		}, 80, 23),
		mkSynth("bigbem", []axisSpec{{1, 6, false}, {.8, 1.2, false}}, "halton", 500, true, func(m []float64, x float64) complex128 { r := m[1] * (.1 + x); return cmplx.Exp(complex(0, m[0]*r)) / complex(r, 0) }, 80, 22),
		mkSynth("bigrat8", box(8), "halton", 500, false, func(m []float64, x float64) complex128 { q := .5; for k, u := range m { q += u * math.Abs(c(x, k)) }; return R(1 / q) }, 100, 14),
		mkSynth("medgeo3", []axisSpec{{.1, .3, false}, {.4, .7, false}, {.8, 1.3, false}}, "rand", 300, false, func(m []float64, x float64) complex128 { a := 1 - m[0]*(1-x) - m[1]*x; b := m[1] - m[0]*x; return R(a/b*m[2] + b/a/m[2] + (1-x)*(.7-m[0])/(m[1]*m[2]+x)) }, 80, 20),
		mkSynth("gridwave", []axisSpec{{0, 1, false}, {0, 1, false}}, "12x12", 0, false, func(m []float64, x float64) complex128 {
			return R(2 + math.Sin(6*m[0]+4*m[1]*x) + math.Cos(5*x-3*m[1]))
		}, 80, 24),
	}
}

func TestSynth(t *testing.T) {
	if os.Getenv("SYN") == "" {
		return
	}
	half := os.Getenv("HALF") != ""
	var ratios []float64
	cov := 0
	var loss []float64
	for _, f := range synths() {
		if n := os.Getenv("FAM"); n == "" && (strings.HasPrefix(f.name, "big") || strings.HasPrefix(f.name, "med")) || n != "" && !strings.Contains(","+n+",", ","+f.name+",") {
			continue
		}
		s := f.s
		if half {
			idx := rand.New(rand.NewSource(5)).Perm(s.Mu.Rows)[:(s.Mu.Rows+1)/2]
			s = subset(s, idx)
		}
		if noise := os.Getenv("NOISE"); noise != "" {
			var nv float64
			fmt.Sscan(noise, &nv)
			rg := rand.New(rand.NewSource(9))
			for i := range s.K.Rows {
				nn := dense.Norm(s.K.Row(i)) / math.Sqrt(float64(s.K.Cols))
				for j := range s.K.Row(i) {
					s.K.Data[i*s.K.Cols+j] += nv * nn * rg.NormFloat64()
				}
			}
		}
		t0 := time.Now()
		m, err := Fit(context.Background(), s, Options{Threads: 1})
		el := time.Since(t0)
		if err != nil {
			fmt.Println(f.name, err)
			continue
		}
		errOf := func(m *Model) float64 {
			var e float64
			for i := range f.mt.Rows {
				ev, err := m.evaluate(f.mt.Row(i), -1)
				if err != nil {
					return math.Inf(1)
				}
				axpy(-1, f.kt.Row(i), ev.k)
				e = max(e, dense.Norm(ev.k)/dense.Norm(f.kt.Row(i)))
			}
			return e
		}
		e := errOf(m)
		best, bestk := math.Inf(1), ""
		if os.Getenv("FAST") == "" {
			p, _ := prepare(s)
			wc, _ := p.warpOptions(&Options{})
			sp, _ := p.chooseSpaces(context.Background(), wc, 1)
			cs, _ := p.candidates(context.Background(), sp, wc, &Options{Model: "auto"})
			for _, cd := range cs {
				if cd.build == nil {
					continue
				}
				part, err := cd.build()
				if err != nil {
					continue
				}
				m2 := p.emptyModel()
				m2.Parts = []Part{part}
				m2.Averaged = 1
				v := errOf(m2)
				if v < best {
					best, bestk = v, cd.kind+fmt.Sprint(cd.space.warps)+fmt.Sprintf(" score %.1e ", cd.score)+cd.note
				}
			}
		}
		covh, uncov := 0, 0.0
		var rr []float64
		for i := range f.mt.Rows {
			pr, err := m.Predict(f.mt.Row(i))
			if err != nil {
				fmt.Println(err)
				continue
			}
			axpy(-1, f.kt.Row(i), pr.K)
			tr := dense.Norm(pr.K) / dense.Norm(f.kt.Row(i))
			if tr > 1e-13 {
				q := (pr.ModelError + 4e-15) / tr
				rr = append(rr, q)
				if q >= 1 {
					covh++
				} else {
					uncov = max(uncov, 1/q)
				}
			}
		}
		ratios = append(ratios, rr...)
		cov += covh
		if len(rr) == 0 {
			rr = []float64{0}
		}
		l := max(e, 1e-13) / max(best, 1e-13)
		loss = append(loss, math.Log(l))
		fmt.Printf("%-10s N=%3d err %.1e score %.1e %v 2nd %s %v f=%.2f rat=%.1g | best %.1e %s | loss %.2f | cov %d/%d med %.1f worst under %.1f %v\n", f.name, s.Mu.Rows, e, m.Score, m.Chosen, m.RunnerUp, m.Scores[0].Warps, m.Estimate.Factor, m.Estimate.Ratio, best, bestk, l, covh, len(rr), quantile(rr, .5), uncov, el.Round(time.Millisecond))
		if os.Getenv("V") != "" {
			for i, sc := range m.Scores {
				if i < 12 {
					fmt.Printf("     %.2e %s %v %s\n", sc.Score, sc.Model, sc.Warps, sc.Note)
				}
			}
		}
	}
	var g float64
	for _, l := range loss {
		g += l
	}
	if len(ratios) > 0 {
		fmt.Printf("LOSS geo %.2f worst %.1f; coverage %d/%d = %.1f%%, median %.2f, q90 %.1f\n", math.Exp(g/float64(len(loss))), math.Exp(quantile(loss, 1)), cov, len(ratios), 100*float64(cov)/float64(len(ratios)), quantile(ratios, .5), quantile(ratios, .9))
	}
}
