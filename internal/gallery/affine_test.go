package gallery_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"eimtool/internal/family"
	"eimtool/internal/gallery"
	"eimtool/internal/oracle"
	"eimtool/internal/scalar"
)

// affineFamilies are small members of the families that log-determinants are
// measured on.
func affineFamilies() map[string]*gallery.Affine {
	return map[string]*gallery.Affine{
		"three blocks":          gallery.AffineBlocks(4, 3, 0.1, 10, 1),
		"nine blocks":           gallery.AffineBlocks(5, 9, 0.5, 2, 2),
		"stiffness, reactions":  gallery.AffineReactions(4, 2, 0.01, 100, 3),
		"stiffness, four zones": gallery.AffineReactions(5, 4, 0.01, 100, 4),
	}
}

// log det and its derivatives, against exact elimination and, for the traces, the
// exact inverse.
func TestAffineLogDet(t *testing.T) {
	for name, f := range affineFamilies() {
		points := f.Points(2, 5)
		n := float64(f.Size())
		for i := range points.Rows {
			alpha := f.Alpha(points.Row(i))
			a := f.At(alpha)
			checkPattern(t, a)
			want, sign, err := oracle.LogDet(a.Pattern, a.Values)
			if got := f.LogDet(alpha); err != nil || sign != 1 || math.Abs(got-want) > 1e-13*n {
				t.Errorf("%s: log det %.15g, exactly %.15g (sign %g, %v)", name, got, want, sign, err)
			}
			inverse, err := oracle.Inverse(a.Pattern, a.Values)
			if err != nil {
				t.Fatal(err)
			}
			p, c := f.Traces(alpha)
			var total scalar.Sum
			for k, part := range f.Parts {
				var trace scalar.Sum
				full := part.Expand()
				full.Each(func(q, i, j int) { trace.Add(full.Values[q] * inverse.At(j, i)) })
				if math.Abs(p[k]-alpha[k]*trace.Value()) > 1e-12*n {
					t.Errorf("%s: p_%d = %.15g, exactly %.15g", name, k, p[k], alpha[k]*trace.Value())
				}
				total.Add(p[k])
				var row scalar.Sum // Σ_j C_kj = p_k, as Σ_j α_j A_j = A
				for j := range f.Parts {
					row.Add(c.At(k, j))
				}
				if math.Abs(row.Value()-p[k]) > 1e-12*n {
					t.Errorf("%s: row %d of C sums to %.15g, want %.15g", name, k, row.Value(), p[k])
				}
			}
			if math.Abs(total.Value()-n) > 1e-12*n {
				t.Errorf("%s: the traces sum to %.15g, want %g", name, total.Value(), n)
			}
		}
	}
}

// The three families for measurements are of the orders and ranges that their
// comments name, and no coefficient is without effect.
func TestAffineMeasured(t *testing.T) {
	for _, c := range []struct {
		f         *gallery.Affine
		order     int
		low, high float64 // log det at the corners of all Low and of all High
	}{
		{gallery.ThreeBlocks(), 289, -42.4, 570.2},
		{gallery.StiffnessReactions(), 289, 252.3, 1082.4},
		{gallery.NineBlocks(), 400, 111.2, 585.8},
	} {
		corners := c.f.Corners()
		last := corners.Rows - 1
		if c.f.Size() != c.order {
			t.Errorf("order %d, want %d", c.f.Size(), c.order)
		}
		for i, want := range map[int]float64{0: c.low, last: c.high} {
			alpha := c.f.Alpha(corners.Row(i))
			if got := c.f.LogDet(alpha); math.Abs(got-want) > 0.1 {
				t.Errorf("order %d, corner %d: log det %g, want %g", c.order, i, got, want)
			}
			p, _ := c.f.Traces(alpha)
			for k, x := range p {
				if x <= 0 {
					t.Errorf("order %d, corner %d: part %d has trace %g", c.order, i, k, x)
				}
			}
		}
	}
}

// All parts are positive semidefinite on one pattern, none is zero, and the
// reactions together are the mass matrix, whose entries sum to the area covered
// by the hat functions.
func TestAffineParts(t *testing.T) {
	for name, f := range affineFamilies() {
		if len(f.Names) != len(f.Parts)-1 {
			t.Errorf("%s: %d names, %d parts", name, len(f.Names), len(f.Parts))
		}
		for k, part := range f.Parts {
			shifted := part.Shift(1e-9)
			in, err := oracle.InertiaOf(shifted.Pattern, shifted.Values)
			if err != nil || in.Negative != 0 || scalar.MaxAbs(part.Values) == 0 || part.Pattern != f.Parts[0].Pattern {
				t.Errorf("%s: part %d has inertia %v, error %v", name, k, in, err)
			}
		}
	}
	n := 6
	f := gallery.AffineReactions(n, 3, 0.01, 100, 7)
	mass := f.At([]float64{0, 1, 1, 1})
	mass.Each(func(q, i, j int) {
		want := map[int]float64{0: 4, 1: 1, n: 1}[i-j]
		if d := i - j; d == n-1 || d == n+1 {
			want = 0.25
		}
		if math.Abs(mass.Values[q]-want/9) > 8*scalar.Eps {
			t.Errorf("mass (%d, %d) = %g, want %g", i, j, mass.Values[q], want/9)
		}
	})
}

func TestAffinePoints(t *testing.T) {
	f := gallery.AffineBlocks(3, 4, 0.2, 5, 1)
	points := f.Points(400, 1)
	below := 0
	for _, x := range points.Data {
		if x < 0.2 || x > 5 {
			t.Fatalf("%g is outside the box", x)
		}
		if x < 1 {
			below++
		}
	}
	if below < 500 || below > 700 {
		t.Errorf("%d of 1200 values lie below the middle of the logarithms", below)
	}
	corners := f.Corners()
	if corners.Rows != 8 || corners.At(0, 0) != 0.2 || corners.At(1, 2) != 5 || corners.At(1, 0) != 0.2 || corners.At(7, 0) != 5 {
		t.Errorf("corners %v", corners.Data)
	}
}

// What is written is read back as the same family.
func TestAffineFiles(t *testing.T) {
	for name, f := range affineFamilies() {
		dir := t.TempDir()
		points := f.Points(5, 3)
		if err := f.WriteFiles(t.Context(), dir, points); err != nil {
			t.Fatal(err)
		}
		table, err := family.ReadTable(filepath.Join(dir, "points.csv"), family.TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := family.OpenParts(t.Context(), filepath.Join(dir, "parts.csv"), table.Names, family.LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range table.Samples {
			got, err := parts.Assemble(s.Mu)
			if err != nil {
				t.Fatal(err)
			}
			want := f.At(f.Alpha(points.Row(i)))
			for q, x := range want.Values {
				if math.Abs(got.Real[q]-x) > 4*scalar.Eps*math.Abs(x) {
					t.Errorf("%s: entry %d is %g, want %g", name, q, got.Real[q], x)
				}
			}
		}
	}
	if err := affineFamilies()["three blocks"].WriteFiles(t.Context(), filepath.Join(t.TempDir(), "absent"), nil); !os.IsNotExist(err) {
		t.Errorf("a folder that does not exist: %v", err)
	}
}
