package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// The commands that the scripts use besides those of testscript.

// exits CODE COMMAND...: the command ends with exactly this code, and a failed
// one leaves no temporary file.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	noTemporaries(ts, false, nil)
}

// notmp: no temporary file is left anywhere below the working folder.
func noTemporaries(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".tmp") && !strings.HasSuffix(filepath.Dir(path), ".tmp") && filepath.Base(path) != ".tmp" {
			return fmt.Errorf("temporary file %s is left", path)
		}
		return nil
	}))
}

// cmpnum REL ACTUAL WANT: two files agree word by word, numbers to a relative
// difference of REL.
func compareNumbers(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: cmpnum REL ACTUAL WANT")
	}
	rel, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	split := func(r rune) bool { return strings.ContainsRune(" \t\r\n,:;[]{}\"=", r) }
	got := strings.FieldsFunc(ts.ReadFile(args[1]), split)
	want := strings.FieldsFunc(ts.ReadFile(args[2]), split)
	if len(got) != len(want) {
		ts.Fatalf("%d words, want %d", len(got), len(want))
	}
	worst, at := 0.0, 0
	scale := 0.0 // numbers are compared on the scale of the largest
	for _, w := range want {
		if x, err := strconv.ParseFloat(w, 64); err == nil {
			scale = math.Max(scale, math.Abs(x))
		}
	}
	for i := range got {
		x, errX := strconv.ParseFloat(got[i], 64)
		y, errY := strconv.ParseFloat(want[i], 64)
		switch {
		case got[i] == want[i]:
		case errX != nil || errY != nil:
			worst, at = math.Inf(1), i
		default:
			if d := math.Abs(x-y) / scale; !(d <= worst) {
				worst, at = d, i
			}
		}
	}
	if (worst <= rel) == neg {
		ts.Fatalf("word %d: %s, want %s (worst relative difference %.2e, allowed %.2e)", at+1, got[at], want[at], worst, rel)
	}
}

// jsonkeys FILE KEY...: the file (or stdout) is one JSON object that begins
// with schema, command and warnings and has the keys, in this order.
func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: jsonkeys FILE KEY...")
	}
	keys := objectKeys(ts, []byte(ts.ReadFile(args[0])))
	next := 0
	for i, want := range append([]string{"schema", "command", "warnings"}, args[1:]...) {
		for next < len(keys) && keys[next] != want && i > 2 {
			next++
		}
		if next >= len(keys) || keys[next] != want {
			ts.Fatalf("key %s missing or out of order in %v", want, keys)
		}
		next++
	}
}

// objectKeys returns the keys of a JSON object in order.
func objectKeys(ts *testscript.TestScript, data []byte) []string {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		ts.Fatalf("no JSON object: %v %v", t, err)
	}
	var keys []string
	for dec.More() {
		t, err := dec.Token()
		ts.Check(err)
		var v any
		ts.Check(dec.Decode(&v))
		keys = append(keys, t.(string))
	}
	if _, err := dec.Token(); err != nil {
		ts.Fatalf("JSON: %v", err)
	}
	if dec.More() {
		ts.Fatalf("more than one JSON document")
	}
	return keys
}

// jsonget FILE PATH VALUE: the value at a path such as results.0.mu.k of a JSON
// object is VALUE.
func jsonGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: jsonget FILE PATH VALUE")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for _, key := range strings.Split(args[1], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, err := strconv.Atoi(key)
			ts.Check(err)
			if i >= len(x) {
				ts.Fatalf("%s: only %d elements", args[1], len(x))
			}
			v = x[i]
		default:
			v = nil
		}
	}
	b, err := json.Marshal(v)
	ts.Check(err)
	if got := strings.Trim(string(b), `"`); got != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}

// sample PROBES.csv OUT.csv MATRIX.mtx...: writes a probe file with the values
// that the matrices have at the probes listed by info --probes, one column (or
// re,im pair) per matrix. It reads small coordinate files with its own few
// lines, independent of the tool.
func sampleProbes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: sample PROBES OUT MATRIX...")
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n")[1:]
	var matrices []map[[2]int]complex128
	isComplex := false
	for _, path := range args[2:] {
		m, c := entries(ts, ts.ReadFile(path))
		matrices = append(matrices, m)
		isComplex = isComplex || c
	}
	out := "index"
	for range matrices {
		if isComplex {
			out += ",re,im"
		} else {
			out += ",value"
		}
	}
	for _, line := range lines {
		cell := strings.Split(line, ",")
		row, _ := strconv.Atoi(cell[3])
		col, _ := strconv.Atoi(cell[4])
		out += "\n" + cell[0]
		for _, m := range matrices {
			var v complex128
			for ij, x := range m {
				if ij[0] == row && (cell[2] == "rowsum" || ij[1] == col) {
					v += x
				}
			}
			if isComplex {
				out += fmt.Sprintf(",%v,%v", real(v), imag(v))
			} else {
				out += fmt.Sprintf(",%v", real(v))
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out+"\n"), 0o666))
}

// entries reads a small coordinate file as its full matrix.
func entries(ts *testscript.TestScript, text string) (map[[2]int]complex128, bool) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	m := map[[2]int]complex128{}
	isComplex := strings.Contains(lines[0], "complex")
	for _, line := range lines[2:] {
		f := strings.Fields(line)
		i, _ := strconv.Atoi(f[0])
		j, _ := strconv.Atoi(f[1])
		re, im := number(ts, f[2]), 0.0
		if isComplex {
			im = number(ts, f[3])
		}
		m[[2]int{i, j}] = complex(re, im)
		switch {
		case i == j || strings.Contains(lines[0], "general"):
		case strings.Contains(lines[0], "skew"):
			m[[2]int{j, i}] = complex(-re, -im)
		case strings.Contains(lines[0], "hermitian"):
			m[[2]int{j, i}] = complex(re, -im)
		default:
			m[[2]int{j, i}] = complex(re, im)
		}
	}
	return m, isComplex
}

// flip FILE OFFSET: changes one bit of a file; a negative offset counts from
// the end.
func flipByte(ts *testscript.TestScript, neg bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	k, err := strconv.Atoi(args[1])
	ts.Check(err)
	if k < 0 {
		k += len(b)
	}
	b[k] ^= 4
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
}

// cut FILE N: keeps the first N bytes.
func cutFile(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// quotient OUT A B H: writes (A - B) / H of two files of the same entries.
func quotient(ts *testscript.TestScript, neg bool, args []string) {
	a := strings.Split(ts.ReadFile(args[1]), "\n")
	b := strings.Split(ts.ReadFile(args[2]), "\n")
	h := number(ts, args[3])
	for k := 2; k < len(a) && a[k] != ""; k++ {
		x, y := strings.Fields(a[k]), strings.Fields(b[k])
		for c := 2; c < len(x); c++ {
			x[c] = strconv.FormatFloat((number(ts, x[c])-number(ts, y[c]))/h, 'g', -1, 64)
		}
		a[k] = strings.Join(x, " ")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(a, "\n")), 0o666))
}

func number(ts *testscript.TestScript, s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	ts.Check(err)
	return x
}

// scale OUT A FACTOR: writes a coordinate file with all values multiplied.
func scale(ts *testscript.TestScript, neg bool, args []string) {
	a := strings.Split(ts.ReadFile(args[1]), "\n")
	for k := 2; k < len(a) && a[k] != ""; k++ {
		x := strings.Fields(a[k])
		for c := 2; c < len(x); c++ {
			x[c] = strconv.FormatFloat(number(ts, x[c])*number(ts, args[2]), 'g', -1, 64)
		}
		a[k] = strings.Join(x, " ")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(a, "\n")), 0o666))
}

// jsonsame A B KEY: two JSON objects have the same value under a key.
func jsonSame(ts *testscript.TestScript, neg bool, args []string) {
	var v [2]map[string]json.RawMessage
	for i := range v {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[i])), &v[i]))
	}
	if d := cmp.Diff(string(v[0][args[2]]), string(v[1][args[2]])); (d == "") == neg {
		ts.Fatalf("%s: %s", args[2], d)
	}
}

// newer FILE: rewrites a bundle as if a later format had made it.
func newerFormat(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	old, err := zip.OpenReader(path)
	ts.Check(err)
	defer old.Close()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, f := range old.File {
		r, err := f.Open()
		ts.Check(err)
		data, err := io.ReadAll(r)
		ts.Check(err)
		if f.Name == "meta.json" {
			data = regexp.MustCompile(`"format":\s*1`).ReplaceAll(data, []byte(`"format":2`))
		}
		m, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		ts.Check(err)
		_, err = m.Write(data)
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(os.WriteFile(path, buf.Bytes(), 0o666))
}
