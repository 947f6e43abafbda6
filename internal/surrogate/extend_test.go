package surrogate_test

import (
	"errors"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/matrix"
	"eimtool/internal/plan"
	"eimtool/internal/surrogate"
)

// bent is a family of 4 x 4 matrices of the given symmetry, whose entries are no
// finite sums of functions of mu.
func bent(s matrix.Symmetry) closedForm {
	return closedForm{
		names: []string{"mu"}, points: line(1, 2, 6), pattern: full(4, s),
		entry: func(mu []float64, i, j int) complex128 {
			v := cmplx.Exp(complex(-0.1*float64(i*i+j), float64(i-j)) * complex(mu[0], 0))
			if i == j {
				v = complex(5+real(v), 0)
			}
			return v
		},
	}
}

// snapshotsOf gives the family files and checksums, as package family would.
func snapshotsOf(c closedForm, complexField bool) *family.Family {
	f := c.family(complexField)
	for i := range f.Samples {
		f.Samples[i].File = string(rune('a'+i)) + ".mtx"
		f.Checksums = append(f.Checksums, "crc32c:00000000:"+string(rune('1'+i)))
	}
	return f
}

func TestSnapshots(t *testing.T) {
	for _, c := range []struct {
		name    string
		s       matrix.Symmetry
		complex bool
		keep    string
		terms   int
	}{
		{"real", matrix.General, false, "yes", 2},
		{"real symmetric", matrix.Symmetric, false, "yes", 2},
		{"complex", matrix.General, true, "yes", 2},
		{"complex symmetric", matrix.Symmetric, true, "yes", 2},
		{"hermitian", matrix.Hermitian, true, "yes", 2},
		{"all samples are terms", matrix.General, true, "no", 6},
		{"all samples are terms, hermitian", matrix.Hermitian, true, "no", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := snapshotsOf(bent(c.s), c.complex)
			opt := surrogate.DefaultOptions()
			opt.KeepTable, opt.MaxTerms, opt.Preserve = c.keep, c.terms, [][]complex128{{1, 2, 3, 4}}
			opt.Tolerance = 0
			m, err := surrogate.Build(t.Context(), want, opt)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.TermCount(); got != c.terms {
				t.Fatalf("%d terms, want %d", got, c.terms)
			}
			got, err := m.Snapshots()
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range []string{
				cmp.Diff(want.Pattern, got.Pattern), cmp.Diff(want.Real, got.Real), cmp.Diff(want.Complexes, got.Complexes),
				cmp.Diff(want.Samples, got.Samples), cmp.Diff(want.Checksums, got.Checksums), cmp.Diff(want.Names, got.Names),
				cmp.Diff([]bool{want.Complex, want.Hermitian}, []bool{got.Complex, got.Hermitian}),
			} {
				if d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			}
			if d := cmp.Diff(opt, m.BuildOptions()); d != "" {
				t.Errorf("options (-want +got):\n%s", d)
			}
		})
	}
}

// What a bundle is prepared for can be taken from it exactly, where it does not vary.
func TestBuildOptionsRHS(t *testing.T) {
	column := func(v ...complex128) *dense.Matrix[complex128] {
		return &dense.Matrix[complex128]{Rows: len(v), Cols: 1, Data: v}
	}
	b, q := column(1, 1.0/3, -2, 0.1), column(0, 1e-300, 7, 3)
	z := column(1i, 1.0/3, -2+0.7i, 0.1)
	for _, c := range []struct {
		name    string
		s       matrix.Symmetry
		complex bool
		rhs     *dense.Matrix[complex128]
	}{
		{"real", matrix.Symmetric, false, b},
		{"complex b of a real family", matrix.General, false, z},
		{"complex", matrix.General, true, z},
		{"hermitian", matrix.Hermitian, true, z},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := snapshotsOf(bent(c.s), c.complex)
			opt := surrogate.DefaultOptions()
			opt.RHS, opt.Quantity = &surrogate.RHS{Values: []*dense.Matrix[complex128]{c.rhs}, Files: []string{"b.mtx"}}, q
			m, err := surrogate.Build(t.Context(), f, opt)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(opt, m.BuildOptions()); d != "" || m.VaryingRHS() {
				t.Errorf("options (-want +got):\n%s", d)
			}
			opt.RHS = &surrogate.RHS{}
			for i := range f.Samples {
				v := c.rhs.Clone()
				v.Data[0] += complex(float64(i), 0)
				opt.RHS.Values, opt.RHS.Files = append(opt.RHS.Values, v), append(opt.RHS.Files, "b.mtx")
			}
			if m, err = surrogate.Build(t.Context(), f, opt); err != nil {
				t.Fatal(err)
			}
			if m.BuildOptions().RHS != nil || !m.VaryingRHS() {
				t.Error("a right-hand side that varies was taken for a fixed one")
			}
		})
	}
}

func TestSnapshotsRefused(t *testing.T) {
	build := func(change func(*surrogate.Options)) *surrogate.Model {
		opt := surrogate.DefaultOptions()
		change(&opt)
		m, err := surrogate.Build(t.Context(), snapshotsOf(bent(matrix.General), false), opt)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	few := build(func(o *surrogate.Options) { o.MaxTerms, o.KeepTable = 2, "no" })
	pod := build(func(o *surrogate.Options) { o.Basis, o.KeepTable = "pod", "no" })
	partial := build(func(o *surrogate.Options) { o.SampleError = 1e-3 })
	bare := build(func(o *surrogate.Options) { o.LogDet, o.Only = true, "logdet" })
	forged := build(func(o *surrogate.Options) { o.KeepTable = "yes" })
	forged.Real.Table[3] = forged.Real.Table[3][:5]
	twice := build(func(o *surrogate.Options) { o.MaxTerms, o.Tolerance, o.KeepTable = 6, 0, "no" })
	twice.Terms[1] = twice.Terms[0]
	for _, c := range []struct {
		name string
		m    *surrogate.Model
		want string
	}{
		{"few terms", few, "holds the values of 2 terms, not of all 6 samples"},
		{"modes", pod, "not of all 6 samples"},
		{"partial", partial, "is made of partial assemblies"},
		{"log det alone", bare, "holds log det alone"},
		{"parts", &surrogate.Model{Parts: &surrogate.Parts{}}, "is a family given by parts"},
		{"plan", &surrogate.Model{Parts: &surrogate.Parts{Plan: &plan.Plan{}}}, "follows a plan"},
		{"short row", forged, "do not fit its pattern"},
		{"a term twice", twice, "not of all 6 samples"},
	} {
		_, err := c.m.Snapshots()
		var e *surrogate.ExtendError
		if !errors.As(err, &e) || !strings.Contains(e.Msg, c.want) || e.Hint == "" {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if c.m == forged {
			continue
		}
		if _, err := c.m.SnapshotTable(); !errors.As(err, &e) {
			t.Errorf("%s: the table is not refused: %v", c.name, err)
		}
	}
}
