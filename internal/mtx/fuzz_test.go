package mtx

import (
	"bytes"
	"context"
	"math"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead: whatever the bytes, reading ends in a matrix or an error without
// panic, in memory proportional to the input, and independently of threads and
// blocks; and what was read is written in a form that reads back the same.
func FuzzRead(f *testing.F) {
	for _, data := range corpusFiles(f) {
		if len(data) < 4000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := readBytes(data, ReadOptions{Threads: 1, Compact: true, block: 1 << 12})
		runtime.ReadMemStats(&after)
		// Inflate may expand a thousandfold; the allowance is for fixed buffers and column pointers.
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(len(data))*20_000+80<<20; used > most {
			t.Errorf("%d bytes allocated for %d", used, len(data))
		}
		if (m == nil) == (err == nil) {
			t.Fatalf("matrix %v and error %v", m, err)
		}
		again, err2 := readBytes(data, ReadOptions{Threads: 3, Compact: true, block: 5})
		if diff := cmp.Diff(outcomeOf(m, err), outcomeOf(again, err2), bitwise); diff != "" {
			t.Errorf("blocks matter: %s", diff)
		}
		if err != nil {
			return
		}
		var text bytes.Buffer
		if err := Write(context.Background(), &text, m.Matrix, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		back, err := readBytes(text.Bytes(), ReadOptions{Reference: m.Order, Compact: true})
		if err != nil {
			t.Fatalf("written and refused: %v", err)
		}
		if !back.Pattern.Equal(m.Pattern) || !cmp.Equal(m.Values, back.Values, bitwise) {
			t.Errorf("%q reads back different from %q", text.Bytes(), data)
		}
	})
}

// legalNumber is the grammar of values: groups are mantissa, exponent letter and
// exponent.
var legalNumber = regexp.MustCompile(`^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eEdD])([+-]?[0-9]+)|([+-][0-9]+))?$`)

// FuzzNumber: a word is read exactly if the grammar allows it, to the bits that
// strconv gives.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "1", "+1.5", "1.", ".5", "1e5", "1E-5", "1.7976931348623157e308", "1.7976931348623159e308",
		"5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "9007199254740993", "9007199254740993.0000000000000000000000000001",
		"1.0D+00", "0.25-104", "1e", "1e+", "nan", "inf", "0x1p-2", "1_0", "1,5", "..1", "1.2.3", "--1", "", "1e400", "1e-400",
		"123456789012345678901234567890", "0.000000000000000000000000000000123456789012345678901234567890e-10", "1e23", "8.5e22",
		"179769313486231580793728971405301e276", "2.2250738585072011e-308", "2.2250738585072014e-308", "6.631236846766476e-316",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if word == "" || strings.ContainsAny(word, " \t\n") || len(word) > 2000 {
			return
		}
		got, ok := realOf(word)
		groups := legalNumber.FindStringSubmatch(word)
		if groups == nil {
			if ok {
				t.Errorf("%q read as %v", word, got)
			}
			return
		}
		exponent := groups[3] + groups[4]
		if exponent == "" {
			exponent = "0"
		}
		want, err := strconv.ParseFloat(groups[1]+"e"+exponent, 64)
		if (err == nil) != ok || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q read as %x (%v), want %x (%v)", word, got, ok, want, err)
		}
	})
}
