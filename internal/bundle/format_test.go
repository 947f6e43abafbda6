package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden keeps the files of every format version readable, and shows when
// the bytes of the current one change.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		file     string
		compress bool
	}{{"testdata/v1.npz", false}, {"testdata/v1-compressed.npz", true}} {
		if *update {
			if err := os.WriteFile(c.file, encode(t, layout{zip64From}, sample(), WriteOptions{c.compress}), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Open(c.file)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		got := new(everything)
		if err := r.Decode(got); err != nil {
			t.Fatal(err)
		}
		if d := diff(sample(), got); d != "" {
			t.Error(d)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if golden, err := os.ReadFile(c.file); err != nil || !c.compress && !bytes.Equal(golden, encode(t, layout{zip64From}, sample(), WriteOptions{})) {
			t.Errorf("%s: the bytes of the format have changed: raise Format and keep this file (%v)", c.file, err)
		}
	}
}

// npyArray is what an independent reader makes of a .npy file.
type npyArray struct {
	dtype string
	shape []int
	data  []byte
}

var npyDict = regexp.MustCompile(`^\{'descr': '([<|]\w+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$`)

func parseNPY(t *testing.T, b []byte) npyArray {
	t.Helper()
	if !bytes.HasPrefix(b, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("no .npy: %q", b[:8])
	}
	n := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	m := npyDict.FindStringSubmatch(string(b[10:n]))
	if m == nil || n%64 != 0 {
		t.Fatalf("header of %d bytes: %q", n, b[10:n])
	}
	a := npyArray{dtype: m[1], data: b[n:]}
	for _, s := range strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' }) {
		k, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		a.shape = append(a.shape, k)
	}
	return a
}

// TestReadableByZip reads bundles with the standard library's ZIP reader: in
// one part stored, compressed, and with the fields of ZIP64.
func TestReadableByZip(t *testing.T) {
	for _, l := range []layout{{zip64From}, {1}, {1000}} {
		for _, compress := range []bool{false, true} {
			t.Run(fmt.Sprint(l.from, compress), func(t *testing.T) {
				b := encode(t, l, sample(), WriteOptions{compress})
				files := unzip(t, b, compress)
				checkArrays(t, files)
				r, err := open(l, b)
				if err != nil {
					t.Fatal(err)
				}
				got := new(everything)
				if err := r.Decode(got); err != nil {
					t.Fatal(err)
				}
				if d := diff(sample(), got); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// unzip returns the members, after checking that dates are fixed and that the
// data of every member are aligned.
func unzip(t *testing.T, b []byte, compress bool) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		off, err := f.DataOffset()
		if err != nil || off%64 != 0 {
			t.Errorf("%s: data at %d, %v", f.Name, off, err)
		}
		if y, m, d := f.Modified.Date(); y != 1980 || m != 1 || d != 1 {
			t.Errorf("%s: date %v", f.Name, f.Modified)
		}
		if want := compress && f.Name != metaName && f.Name != indexName; (f.Method == zip.Deflate) != want {
			t.Errorf("%s: method %d", f.Name, f.Method)
		}
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(rc); err != nil { // checks the CRC-32
			t.Fatal(f.Name, err)
		}
	}
	return files
}

func checkArrays(t *testing.T, files map[string][]byte) {
	t.Helper()
	values := parseNPY(t, files["values.npy"])
	if values.dtype != "<f8" || !reflect.DeepEqual(values.shape, []int{2, 3}) {
		t.Errorf("values: %s %v", values.dtype, values.shape)
	}
	for k, want := range []float64{1, 0.5, -0x1p-1074, math.NaN(), math.Inf(1), 3} {
		if got := math.Float64frombits(binary.LittleEndian.Uint64(values.data[8*k:])); bits(got) != bits(want) {
			t.Errorf("value %d is %v, want %v", k, got, want)
		}
	}
	for name, want := range map[string]string{
		"modes.npy": "<c16 [2 2]", "dense.npy": "<f8 [2 1]", "dense_c.npy": "<c16 [0 0]", "col_ptr.npy": "<i8 [3]",
		"rows32.npy": "<i4 [2]", "bytes.npy": "|u1 [5]", "flags.npy": "|b1 [2]", "list/1/weights.npy": "<f8 [2]",
		"deep/0.npy": "<f8 [2 1]", "deep/2/2.npy": "<f8 [2]", "matrices/1.npy": "<f8 [0 3]", "base/extra.npy": "<c8 [1]",
	} {
		if a := parseNPY(t, files[name]); fmt.Sprint(a.dtype, " ", a.shape) != want {
			t.Errorf("%s: %s %v, want %s", name, a.dtype, a.shape, want)
		}
	}
	var meta struct {
		Format  int    `json:"format"`
		Tool    string `json:"tool_version"`
		Options struct{ Norm string }
		Model   map[string]any `json:"model"`
	}
	if err := json.Unmarshal(files[metaName], &meta); err != nil {
		t.Fatal(err)
	}
	if meta.Format != 1 || meta.Tool != "v0.1.0" || meta.Options.Norm != "max" || meta.Model["name"] != "Ħelmholtz <2d>" {
		t.Errorf("meta.json: %+v", meta)
	}
}

func TestMembers(t *testing.T) {
	r, err := open(layout{zip64From}, encode(t, layout{zip64From}, sample(), WriteOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	list := r.Members()
	want := MemberInfo{"values.npy", "<f8", []int{2, 3}, 128 + 48, 128 + 48, "the terms, one per row"}
	if d := cmp.Diff(want, list[0]); d != "" {
		t.Error(d)
	}
	if last := list[len(list)-1]; last.Name != metaName || last.Documented == "" {
		t.Errorf("%+v", last)
	}
	m := r.Meta()
	if string(m.Options.(json.RawMessage)) != `{"Norm":"max"}` || m.Format != Format || m.Inputs[0].CRC32C != 77 {
		t.Errorf("%+v", m)
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"HeldOutError": "held_out_error", "NNZ": "nnz", "RHSNorm": "rhs_norm", "L2Norm": "l2_norm", "ColPtr": "col_ptr",
		"ID": "id", "Rows32": "rows32", "A_B": "a_b", "X": "x",
	} {
		if got := snake(in); got != want {
			t.Errorf("snake(%s) = %s, want %s", in, got, want)
		}
	}
}
