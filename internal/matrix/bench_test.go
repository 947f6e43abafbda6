package matrix

import (
	"fmt"
	"testing"
)

// banded returns a matrix of order n with the bands that a finite element
// matrix on a structured grid has, the lower triangle alone when it is not
// general.
func banded(n int, s Symmetry, isComplex bool) *Matrix {
	p := &Pattern{Rows: n, Cols: n, Symmetry: s, ColPtr: make([]int, n+1)}
	m := &Matrix{Pattern: p}
	for j := range n {
		for _, d := range []int{-1000, -999, -1, 0, 1, 999, 1000} {
			i := j + d
			if i < 0 || i >= n || s != General && i < j {
				continue
			}
			p.RowIdx = append(p.RowIdx, int32(i))
			v := 1 + float64((i*7+j*13)%101)/64
			if isComplex {
				m.Complex = append(m.Complex, complex(v, v/3))
			} else {
				m.Real = append(m.Real, v)
			}
		}
		p.ColPtr[j+1] = len(p.RowIdx)
	}
	return m
}

func full(n int, s Symmetry) *Matrix {
	m := &Matrix{Pattern: &Pattern{Rows: n, Cols: n, Symmetry: s, Dense: true}}
	m.Real = make([]float64, m.NNZ())
	for k := range m.Real {
		m.Real[k] = 1 + float64(k%101)/64
	}
	return m
}

func BenchmarkCompare(b *testing.B) {
	const n = 1_000_000
	sym, gen := banded(n, Symmetric, false), banded(n, General, false)
	pairs := []struct {
		name string
		a, b *Matrix
	}{
		{"symmetric", sym, banded(n, Symmetric, false)},
		{"symmetric-shared", sym, &Matrix{Pattern: sym.Pattern, Values: sym.Values}},
		{"complex", banded(n, Symmetric, true), banded(n, Symmetric, true)},
		{"real-complex", sym, banded(n, Symmetric, true)},
		{"symmetric-general", sym, gen},
		{"dense", full(2000, General), full(2000, General)},
		{"dense-symmetric-general", full(2000, Symmetric), full(2000, General)},
	}
	for _, p := range pairs {
		b.Run(fmt.Sprintf("%s/%d", p.name, p.a.NNZ()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Compare(p.a, p.b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.a.NNZ()), "ns/entry")
		})
	}
}

func BenchmarkSummary(b *testing.B) {
	for _, m := range []*Matrix{banded(1_000_000, Symmetric, false), banded(1_000_000, Hermitian, true), full(2000, General)} {
		b.Run(fmt.Sprintf("%v/%d", m.Symmetry, m.NNZ()), func(b *testing.B) {
			for b.Loop() {
				m.Summary()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m.NNZ()), "ns/entry")
		})
	}
}
