package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
)

// simulator plays a simulation code from the matrices of a shipped family: it
// gives single entries of every candidate, and copies whole matrices.
type simulator struct {
	dir      string
	rows     [][]string // of the sample table: parameters, file
	names    []string
	matrices []*matrix.Matrix
	copied   int
}

func newSimulator(t *testing.T, family string) *simulator {
	t.Helper()
	s := &simulator{dir: filepath.Join(families, family)}
	table := readCSV(t, filepath.Join(s.dir, "samples.csv"))
	s.names, s.rows = table[0][:len(table[0])-1], table[1:]
	for _, row := range s.rows {
		f, err := mtx.ReadFile(context.Background(), filepath.Join(s.dir, row[len(s.names)]), mtx.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.matrices = append(s.matrices, f.Matrix)
	}
	return s
}

// candidates writes the parameters without the files.
func (s *simulator) candidates(t *testing.T, path string) {
	t.Helper()
	text := strings.Join(s.names, ",") + "\n"
	for _, row := range s.rows {
		text += strings.Join(row[:len(s.names)], ",") + "\n"
	}
	writeText(t, path, text)
}

// entries answers a request for entries of all candidates.
func (s *simulator) entries(t *testing.T, request, answer string) {
	t.Helper()
	asked := readCSV(t, request)[1:]
	text := strings.Join(s.names, ",")
	for _, r := range asked {
		text += ",re" + r[0] + ",im" + r[0]
	}
	text += "\n"
	for p, row := range s.rows {
		text += strings.Join(row[:len(s.names)], ",")
		for _, r := range asked {
			i, errRow := strconv.Atoi(r[1])
			j, errCol := strconv.Atoi(r[2])
			if err := errors.Join(errRow, errCol); err != nil {
				t.Fatal(err)
			}
			v := s.entry(p, i-1, j-1)
			text += fmt.Sprintf(",%v,%v", real(v), imag(v))
		}
		text += "\n"
	}
	writeText(t, answer, text)
}

// entry returns an entry of the lower triangle, 0 where none is stored.
func (s *simulator) entry(p, i, j int) complex128 {
	m := s.matrices[p]
	if k, ok := m.Find(i, j); ok {
		return m.At(k)
	}
	return 0
}

// matrix copies the file of the candidate named as k=1,nu=2. Parameters are
// compared as numbers.
func (s *simulator) matrix(t *testing.T, mu, answer string) {
	t.Helper()
	number := func(word string) float64 {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	words := strings.Split(mu, ",")
	for _, row := range s.rows {
		equal := true
		for j, name := range s.names {
			value, ok := strings.CutPrefix(words[j], name+"=")
			equal = equal && ok && number(value) == number(row[j])
		}
		if !equal {
			continue
		}
		s.copied++
		writeText(t, answer+".gz", string(readFile(t, filepath.Join(s.dir, row[len(s.names)]))))
		return
	}
	t.Fatalf("no candidate is %s", mu)
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// loop answers plan --stage entries until it is done and returns the table of
// the matrices.
func (s *simulator) loop(t *testing.T, candidates, dir string, args ...string) string {
	t.Helper()
	for range 100 {
		code, out, stderr := tool(t, append([]string{"plan", candidates, "--stage", "entries", "-o", dir, "--quiet"}, args...)...)
		if code != 0 {
			t.Fatalf("plan: exit %d\n%s", code, stderr)
		}
		words := strings.Split(strings.TrimSuffix(out, "\n"), "\t")
		switch {
		case words[0] == "entries" && len(words) == 3:
			s.entries(t, words[1], words[2])
		case words[0] == "matrix" && len(words) == 4:
			s.matrix(t, words[3], words[2])
		case words[0] == "done" && len(words) == 2:
			return words[1]
		default:
			t.Fatalf("plan wants %q", out)
		}
	}
	t.Fatal("the plan is never done")
	return ""
}

// TestPlanEntriesFamilies drives the loop of plan --stage entries with the
// matrices of shipped families, makes the bundle and measures it on their test
// tables: with fewer than half of the matrices it keeps the tolerance of the
// plan at parameters that were no candidates, and its estimates cover the
// errors as those of any bundle do.
func TestPlanEntriesFamilies(t *testing.T) {
	type planned struct {
		family string
		tol    float64
	}
	cases := []planned{{"bem-sphere", 1e-5}} // dense, complex symmetric
	if *long {
		cases = append(cases, planned{"helmholtz2d", 1e-6}, planned{"thermal-block", 1e-8}) // sparse complex; real, affine
	}
	var estimates ratios
	for _, c := range cases {
		t.Run(c.family, func(t *testing.T) {
			s, work := newSimulator(t, c.family), t.TempDir()
			candidates, dir, bundle := filepath.Join(work, "candidates.csv"), filepath.Join(work, "plan"), filepath.Join(work, "m.npz")
			s.candidates(t, candidates)
			tol := fmt.Sprint(c.tol)
			samples := s.loop(t, candidates, dir, "--tol", tol)
			offline(t, samples, "--plan", dir, "--tol", tol, "-o", bundle)
			var ver struct {
				Results []struct {
					Fro      float64 `json:"error_fro"`
					Estimate float64 `json:"error_estimate"`
				}
			}
			mustRun(t, &ver, "verify", bundle, filepath.Join(s.dir, "test.csv"))
			largest := 0.0
			for _, r := range ver.Results {
				largest = max(largest, r.Fro)
				estimates.add([]float64{floored(r.Estimate) / floored(r.Fro)})
			}
			t.Logf("%d of %d matrices: error %.1e at %d other parameters", s.copied, len(s.rows), largest, len(ver.Results))
			if 2*s.copied >= len(s.rows) || largest > c.tol || len(ver.Results) < 10 {
				t.Errorf("%d of %d matrices: error %.1e at %d other parameters", s.copied, len(s.rows), largest, len(ver.Results))
			}
		})
	}
	if c := estimates.coverage(); c < 0.95 {
		t.Errorf("estimates cover %.3f of the errors: %.2g", c, estimates.all)
	}
}
