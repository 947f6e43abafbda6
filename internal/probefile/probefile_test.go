package probefile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// same compares values bit for bit, all NaN being one.
func same(a, b complex128) bool {
	part := func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
	}
	return part(real(a), real(b)) && part(imag(a), imag(b))
}

func TestRead(t *testing.T) {
	nan := math.NaN()
	lost, lostComplex := complex(nan, 0), complex(nan, nan)
	for _, c := range []struct {
		text string
		opt  Options
		want [][]complex128
	}{
		{"index,value\n1,2.5\n2,-1e-3\n", Options{2, false}, [][]complex128{{2.5, -1e-3}}},
		{"index,value\n2,1", Options{2, false}, [][]complex128{{lost, 1}}},
		{"index,value\n1,\n2,NaN\n3,1\n", Options{3, false}, [][]complex128{{lost, lost, 1}}},
		{"\ufeffindex , value \r\n# note\r\n\r\n 1 , 3 \r\n", Options{1, false}, [][]complex128{{3}}},
		{"Index,a,b\n1,1,2\n2,3,\n", Options{2, false}, [][]complex128{{1, 3}, {2, lost}}},
		{"index,re,im\n1,1,2\n2,,3\n3,nan,nan\n", Options{3, true}, [][]complex128{{1 + 2i, lostComplex, lostComplex}}},
		{"index,re_1,im_1,re_2,im_2\n1,1,2,3,4\n", Options{1, true}, [][]complex128{{1 + 2i}, {3 + 4i}}},
		{"index,re,im\n1,5,0\n", Options{1, false}, [][]complex128{{5}}},
		{"# first\nindex,value\n1,0x1p3\n", Options{1, false}, nil},
		{"index,value\n1,-0\n", Options{1, false}, [][]complex128{{complex(math.Copysign(0, -1), 0)}}},
	} {
		got, err := Read(strings.NewReader(c.text), "f", c.opt)
		if c.want == nil {
			if err == nil {
				t.Errorf("%q: accepted", c.text)
			}
			continue
		}
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%q: %v, %v", c.text, got, err)
			continue
		}
		for k := range got {
			for i := range got[k] {
				if len(got[k]) != len(c.want[k]) || !same(got[k][i], c.want[k][i]) {
					t.Errorf("%q: point %d: %v, want %v", c.text, k+1, got[k], c.want[k])
					break
				}
			}
		}
	}
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct {
		text    string
		complex bool
		line    int
		msg     string
	}{
		{"", false, 0, "empty"},
		{"# only a comment\n", false, 0, "empty"},
		{"index,value\n", false, 0, "no value"},
		{"1,2\n", false, 1, "header"},
		{"index\n1\n", false, 1, "header"},
		{"index;value\n1;2\n", false, 1, "header"},
		{"index,re\n1,2\n", false, 1, "no im"},
		{"index,re,value\n1,2,3\n", false, 1, "pairs"},
		{"index,re,im,re\n1,2,3,4\n", true, 1, "no im"},
		{"index,value\n1,2\n", true, 1, "complex"},
		{"index,value\n1,2,3\n", false, 2, "3 cells, want 2"},
		{"index,value\n1\n", false, 2, "1 cells"},
		{"index,value\n1.5,2\n", false, 2, "whole number"},
		{"index,value\n0,2\n", false, 2, "probes 1 to 3"},
		{"index,value\n1,1\n4,2\n", false, 3, "probes 1 to 3"},
		{"index,value\n-1,2\n", false, 2, "probes 1 to 3"},
		{"index,value\n1,2\n\n1,2\n", false, 4, "line 2"},
		{"index,value\n1,two\n", false, 2, "finite number"},
		{"index,value\n1,Inf\n", false, 2, "finite number"},
		{"index,value\n1,1e999\n", false, 2, "finite number"},
		{"index,value\n1,1_0\n", false, 2, "finite number"},
		{"index,re,im\n1,2,3\n", false, 2, "real family"},
		{"index,value\n1," + strings.Repeat("1", maxLine) + "\n", false, 2, "longer"},
	} {
		got, err := Read(strings.NewReader(c.text), "f.csv", Options{3, c.complex})
		var e *Error
		if got != nil || !errors.As(err, &e) || e.Line != c.line || e.File != "f.csv" || !strings.Contains(e.Msg, c.msg) || e.Hint == "" {
			t.Errorf("%.40q: %v, %#v", c.text, got, err)
		}
	}
}

func TestReadFailing(t *testing.T) {
	broken := errors.New("broken")
	_, err := Read(io.MultiReader(strings.NewReader("index,value\n1,"), failing{broken}), "f", Options{Count: 1})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "f: cannot be read") {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Whatever is accepted has one list of Count values per point, each finite or
// missing, and reads the same when written again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"index,value\n1,2.5\n2,\n", "index,re,im\n1,1,2\n3,nan,\n", "\ufeffindex,value\r\n# c\r\n1,1e-300\r\n",
		"index,a,b\n1,1,2\n", "index;value\n1;2\n", "index,re,im,re,im\n1,1,2,3,4\n", "1,2", "", "index,value\n1,inf\n",
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, isComplex bool) {
		opt := Options{3, isComplex}
		got, err := Read(strings.NewReader(text), "f", opt)
		if err != nil {
			if got != nil {
				t.Fatal("values beside an error")
			}
			return
		}
		again, err := Read(strings.NewReader(write(got)), "f", opt)
		if err != nil || len(again) != len(got) {
			t.Fatalf("written again: %v", err)
		}
		for k := range got {
			for i, v := range got[k] {
				if math.IsInf(real(v), 0) || math.IsInf(imag(v), 0) || !isComplex && imag(v) != 0 {
					t.Fatalf("value %v", v)
				}
				if !same(v, again[k][i]) {
					t.Fatalf("%v became %v", v, again[k][i])
				}
			}
		}
	})
}

func write(points [][]complex128) string {
	s := "index" + strings.Repeat(",re,im", len(points))
	for i := range points[0] {
		s += fmt.Sprintf("\n%d", i+1)
		for _, p := range points {
			s += fmt.Sprintf(",%v,%v", real(p[i]), imag(p[i]))
		}
	}
	return s
}
