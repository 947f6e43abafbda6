package matrix

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eimtool/internal/scalar"
)

func TestPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, drawKind(t), integers())
		p := s.m.Pattern
		if p.NNZ() != len(s.stored) || s.m.Len() != len(s.stored) {
			t.Fatalf("%d entries and %d values, want %d", p.NNZ(), s.m.Len(), len(s.stored))
		}
		known := map[[2]int]bool{}
		for k, e := range s.stored {
			known[e] = true
			if i, j := p.Position(k); i != e[0] || j != e[1] {
				t.Fatalf("Position(%d) = (%d, %d), want %v", k, i, j, e)
			}
			if at, ok := p.Find(e[0], e[1]); !ok || at != k {
				t.Fatalf("Find(%v) = %d, %v, want %d", e, at, ok, k)
			}
			if lo, hi := p.Column(e[1]); k < lo || k >= hi || p.Row(k, e[1]) != e[0] {
				t.Fatalf("entry %d %v: column [%d, %d), row %d", k, e, lo, hi, p.Row(k, e[1]))
			}
			if s.m.At(k) != s.elements[e[0]][e[1]] {
				t.Fatalf("At(%d) = %v", k, s.m.At(k))
			}
		}
		var seen [][2]int
		p.Each(func(k, i, j int) {
			if k != len(seen) {
				t.Fatalf("Each calls %d after %d entries", k, len(seen))
			}
			seen = append(seen, [2]int{i, j})
		})
		if !slices.Equal(seen, s.stored) {
			t.Fatalf("Each gives %v, want %v", seen, s.stored)
		}
		for i := -1; i <= p.Rows; i++ {
			for j := -1; j <= p.Cols; j++ {
				if _, ok := p.Find(i, j); ok != known[[2]int{i, j}] {
					t.Fatalf("Find(%d, %d) = %v", i, j, ok)
				}
			}
		}
	})
}

func TestEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawKind(t)
		a, b := drawSample(t, k, integers()), drawSample(t, k, integers())
		if got, want := a.m.Equal(b.m.Pattern), slices.Equal(a.stored, b.stored); got != want {
			t.Fatalf("Equal = %v for %v and %v", got, a.stored, b.stored)
		}
		other := *a.m.Pattern
		other.Symmetry = (other.Symmetry + 1) % 4
		if a.m.Equal(&other) || !a.m.Equal(a.m.Pattern) {
			t.Fatal("a pattern must equal itself and no other symmetry")
		}
	})
}

func TestMultiplicities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, drawKind(t), integers())
		w := s.m.Multiplicities()
		if (w == nil) != (s.m.Symmetry == General) {
			t.Fatalf("%v has multiplicities %v", s.m.Symmetry, w)
		}
		full := 0
		for k, e := range s.stored {
			want := 1
			if s.m.Symmetry != General && e[0] != e[1] {
				want = 2
			}
			full += want
			if s.m.Multiplicity(e[0], e[1]) != want || w != nil && w[k] != float64(want) {
				t.Fatalf("entry %v counts %d times, want %d", e, s.m.Multiplicity(e[0], e[1]), want)
			}
		}
		if s.m.Dense {
			full = s.m.Rows * s.m.Cols
		}
		if s.m.FullNNZ() != full {
			t.Fatalf("%d entries of the full matrix, want %d", s.m.FullNNZ(), full)
		}
	})
}

func TestMulVec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, drawKind(t), integers())
		x := rapid.SliceOfN(integers(), 2*s.m.Cols, 2*s.m.Cols).Draw(t, "x")
		if s.m.IsComplex() {
			checkProduct(t, s, s.m.Complex, vector[complex128](x))
		} else {
			checkProduct(t, s, s.m.Real, vector[float64](x))
		}
	})
}

func checkProduct[T scalar.Scalar](t *rapid.T, s sample, a, x []T) {
	y := make([]T, s.m.Rows)
	for i := range y {
		y[i] = scalar.Of[T](77, 77) // must be overwritten
	}
	MulVec(s.m.Pattern, a, x, y)
	for i := range y {
		var want complex128
		for j, v := range s.elements[i] {
			want += v * complex(scalar.Real(x[j]), scalar.Imag(x[j]))
		}
		if got := complex(scalar.Real(y[i]), scalar.Imag(y[i])); got != want {
			t.Fatalf("row %d of the product is %v, want %v", i, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t, drawKind(t), integers())
		e := s.m.Expand()
		if s.m.Symmetry == General {
			if e != s.m {
				t.Fatal("a general matrix is copied")
			}
			return
		}
		if e.Symmetry != General || e.Dense != s.m.Dense || e.IsComplex() != s.m.IsComplex() {
			t.Fatalf("expanded to %v, dense %v, complex %v", e.Symmetry, e.Dense, e.IsComplex())
		}
		if e.NNZ() != s.m.FullNNZ() || e.Len() != e.NNZ() {
			t.Fatalf("%d entries, %d values, want %d", e.NNZ(), e.Len(), s.m.FullNNZ())
		}
		last := [2]int{-1, -1}
		e.Each(func(k, i, j int) {
			if j < last[1] || j == last[1] && i <= last[0] {
				t.Fatalf("entry (%d, %d) after %v", i, j, last)
			}
			last = [2]int{i, j}
			if e.At(k) != s.elements[i][j] {
				t.Fatalf("element (%d, %d) is %v, want %v", i, j, e.At(k), s.elements[i][j])
			}
		})
	})
}

func TestSymmetryNames(t *testing.T) {
	var names []string
	for _, s := range symmetries {
		names = append(names, s.String())
	}
	if got := strings.Join(names, " "); got != "general symmetric skew-symmetric hermitian" {
		t.Error(got)
	}
	if got := Symmetry(9).String(); got != "Symmetry(9)" {
		t.Error(got)
	}
}
