package family

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eimtool/internal/matrix"
)

// spelled draws a matrix: its text in a random format, field and symmetry, its
// entries in random order, and all entries by rows.
func spelled(t *rapid.T, n int) (string, []complex128) {
	symmetry := rapid.SampledFrom([]matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian}).Draw(t, "symmetry")
	field := rapid.SampledFrom([]string{"real", "complex"}).Draw(t, "field")
	if symmetry == matrix.Hermitian {
		field = "complex"
	}
	array := rapid.Bool().Draw(t, "array")
	seed := rapid.Uint64().Draw(t, "seed")
	rng := rand.New(rand.NewPCG(seed, 0))
	noImag := rapid.Bool().Draw(t, "no imaginary parts")
	dense := make([]complex128, n*n)
	var lines []string
	for j := range n {
		for i := range n {
			if symmetry != matrix.General && i < j || symmetry == matrix.SkewSymmetric && i == j {
				continue
			}
			v := complex(float64(rng.IntN(9)-4), float64(rng.IntN(3)-1))
			if noImag || field == "real" || symmetry == matrix.Hermitian && i == j {
				v = complex(float64(rng.IntN(9)-4), 0)
			}
			if !array && rng.IntN(3) == 0 {
				continue
			}
			dense[i*n+j] = v
			if symmetry != matrix.General && i != j {
				dense[j*n+i] = matrix.Mirror(symmetry, v)
			}
			line := fmt.Sprint(real(v))
			if field == "complex" {
				line += fmt.Sprint(" ", imag(v))
			}
			if !array {
				line = fmt.Sprintf("%d %d %s", i+1, j+1, line)
			}
			lines = append(lines, line)
		}
	}
	if array {
		return mm(fmt.Sprintf("array %s %v", field, symmetry), append([]string{fmt.Sprintf("%d %d", n, n)}, lines...)...), dense
	}
	rng.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
	return mm(fmt.Sprintf("coordinate %s %v", field, symmetry), append([]string{fmt.Sprintf("%d %d %d", n, n, len(lines))}, lines...)...), dense
}

// However the matrices are spelled and mixed, the family holds them exactly,
// and again when they are the tests of another order of themselves.
func TestLoadProperty(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "n")
		tab := &Table{Source: "s.csv", Names: []string{"k"}}
		var want [][]complex128
		for i := range rapid.IntRange(1, 5).Draw(t, "samples") {
			text, dense := spelled(t, n)
			if cmp.Equal(dense, make([]complex128, n*n)) {
				continue
			}
			path := filepath.Join(dir, fmt.Sprint(i, ".mtx"))
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			tab.Samples = append(tab.Samples, Sample{Mu: []float64{float64(i)}, File: path, Path: path, Line: i + 2})
			want = append(want, dense)
		}
		if len(want) == 0 {
			return
		}
		threads := rapid.IntRange(1, 3).Draw(t, "threads")
		f, err := Load(t.Context(), tab, LoadOptions{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		g, err := Load(t.Context(), tab, LoadOptions{Threads: threads, Reference: f})
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if d := cmp.Diff(w, full(f.Matrix(i))) + cmp.Diff(w, full(g.Matrix(i))); d != "" {
				t.Fatalf("matrix %d (-want +got):\n%s", i, d)
			}
			if g.Outside[i].Count != 0 {
				t.Fatalf("matrix %d is outside of its own family", i)
			}
		}
	})
}
