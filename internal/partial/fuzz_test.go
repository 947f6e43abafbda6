package partial

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eimtool/internal/family"
)

// FuzzAnswer reads any text as the answer to a request. It is refused with an
// error that names the file, or every candidate has a finite value of every
// entry; written again, it reads as the same values.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		"k,1,2\n1,0.5,1e-3\n2,0.25,-7\n3.5,0,1\n",
		"k,re1,im1,re2,im2\n1,0.5,1,1e-3,0\n2,0.25,0,-7,-0.0\n3.5,0,1,1,1\n",
		"# by hand\r\n 1 , k , 2\r\n-7 , 2 , 0x1p-3\r\n\"4\",1,1_0\r\n1,3.500001,2\r\n",
		"k,1,2\n1,nan,1\n2,inf,1\n3.5,,\n",
		"k,1,2\n1,2,3\n1,2,3\n2,2,3\n",
		"k,1,2\n1,2\n2,3,4,5\n",
		"k;1;2\n1;2;3\n2;3;4\n3,5;1;1\n",
		"k,1\n1,2\n2,3\n3.5,4\n",
		"q,1,2\n9,2,3\n",
		"k,file,2\n1,2,3\n2,2,3\n3.5,1e400,1e-400\n",
		"k,1,1\n1,\"2\n\",3\n",
		"k,k,1,2\n1,1,2,3\n",
		"\ufeffk,1,2\n", "", "\x00", "k\n",
	} {
		f.Add([]byte(text))
	}
	candidates := &family.Table{Source: "candidates.csv", Names: []string{"k"}, Samples: []family.Sample{
		{Mu: []float64{1}, Line: 2}, {Mu: []float64{2}, Line: 3}, {Mu: []float64{3.5}, Line: 4},
	}}
	positions := []Position{{0, 0}, {4, 2}}
	path := filepath.Join(f.TempDir(), valuesFile)
	read := func(t *testing.T, text []byte) (*answer, error) {
		match, err := newMatcher(candidates)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		dir := folder{dir: filepath.Dir(path), candidates: candidates, match: match}
		return dir.answer(path, positions)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := read(t, text)
		if err != nil {
			var e *family.TableError
			if !errors.As(err, &e) || e.File != path || e.Msg == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := read(t, answerText(t, candidates, a, bytes.Count(text, []byte("\n"))+1))
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(again.values) != fmt.Sprint(a.values) || again.complex != a.complex {
			t.Errorf("%v, written again %v", a.values, again.values)
		}
	})
}

// answerText writes an answer in the complex form and checks it on the way; no
// line is above lines.
func answerText(t *testing.T, candidates *family.Table, a *answer, lines int) []byte {
	t.Helper()
	var b strings.Builder
	cells(&b, "k", "re1", "im1", "re2", "im2")
	for i, s := range candidates.Samples {
		if len(a.values[i]) != len(a.positions) || a.lines[i] < 1 || a.lines[i] > lines {
			t.Fatalf("candidate %d: %v, line %d of %d", i, a.values[i], a.lines[i], lines)
		}
		words := numbers(s.Mu)
		for _, v := range a.values[i] {
			for _, x := range []float64{real(v), imag(v)} {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Fatalf("candidate %d: value %v", i, v)
				}
				words = append(words, numbers([]float64{x})...)
			}
		}
		cells(&b, words...)
	}
	return []byte(b.String())
}

// FuzzRequest reads any text as a request for entries: entries of a matrix, or
// an error that names the file.
func FuzzRequest(f *testing.F) {
	for _, text := range []string{
		"index,row,col\n1,1,1\n2,40,3\n", "row,col\n1,2\n", "col,row\n2,1\n", "index,row,col\n1,0,1\n", "index,row,col\n1,1.5,1\n",
		"index,row,col\n1,1e300,1\n", "index,row,col\n1,-1,nan\n", "index,row,col\n", "", "row\n1\n",
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), entriesFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		positions, err := (&folder{dir: filepath.Dir(path)}).positions(path)
		if err != nil {
			var e *family.TableError
			if !errors.As(err, &e) || e.File != path || e.Msg == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, p := range positions {
			if p.Row < 0 || p.Col < 0 || p.Row >= math.MaxInt32 || p.Col >= math.MaxInt32 {
				t.Errorf("position %v", p)
			}
		}
	})
}
