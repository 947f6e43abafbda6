package bundle

import (
	"bytes"
	"encoding/json"
	"hash/crc32"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

// forge writes a bundle with one member whose entry and description are made up.
func forge(t *testing.T, format int, rec memberRecord, e entry, data []byte, index []uint32) []byte {
	t.Helper()
	meta, err := json.Marshal(metaFile{
		Format: format, ToolVersion: "v9", Members: []memberRecord{rec},
		Options: []byte("{}"), Errors: []byte("{}"), Model: []byte(`{"values":"` + rec.Name + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return forgeMeta(layout{zip64From}, meta, e, data, index)
}

// forgeMeta is forge with any text as meta.json.
func forgeMeta(l layout, meta []byte, e entry, data []byte, index []uint32) []byte {
	b := l.trailer(append(l.local(nil, e), data...), e)
	entries := []entry{e}
	for _, m := range []struct {
		name string
		data []byte
	}{{indexName, indexBytes(index)}, {metaName, meta}} {
		n := int64(len(m.data))
		me := entry{name: m.name, usize: n, csize: n, offset: int64(len(b)), crc: crc32.ChecksumIEEE(m.data)}
		b = append(l.local(b, me), m.data...)
		entries = append(entries, me)
	}
	return l.directory(b, entries, int64(len(b)))
}

// deflate returns the header of an array of the given rows of one number and n
// zero bytes, as they are and compressed.
func deflate(t *testing.T, rows, n int) (content, z []byte) {
	t.Helper()
	var buf bytes.Buffer
	fw, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	content = append(npyHeader("<f8", []int{rows, 1}), make([]byte, n)...)
	if _, err := fw.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := fw.Close(); err != nil {
		t.Fatal(err)
	}
	return content, buf.Bytes()
}

// TestForged reads files whose sums are right and whose sizes and shapes lie:
// each ends in an error, in little memory.
func TestForged(t *testing.T) {
	content, z := deflate(t, 1<<20, 8<<20)
	lessContent, less := deflate(t, 1<<19, 8<<20)
	moreContent, more := deflate(t, 1<<20+8, 8<<20)
	claim := func(z []byte, n int64) entry {
		return entry{name: "values.npy", method: deflated, csize: int64(len(z)), usize: n}
	}
	exact := claim(z, int64(len(content)))
	rec := func(shape ...int) memberRecord { return memberRecord{"values.npy", "<f8", shape, ""} }
	huge := math.MaxInt/8 + 1

	for _, c := range []struct {
		name    string
		rec     memberRecord
		e       entry
		content []byte // whose sums are recorded
		z       []byte
		want    string // "" = readable
	}{
		{"good", rec(1<<20, 1), exact, content, z, ""},
		{"more than deflate can hold", rec(1<<30, 1), claim(z, 8<<30+128), content, z, "cannot be"},
		{"less than the data", rec(1<<19, 1), claim(less, 4<<20+128), lessContent[:4<<20+128], less, "do not end"},
		{"more than the data", rec(1<<20+8, 1), claim(more, 8<<20+192), moreContent, more, "malformed"},
		{"more than the limit", rec(1<<28, 1), claim(make([]byte, 4<<20), 2<<30+128), content, make([]byte, 4<<20), "inflate to more"},
		{"trailing", rec(1<<20, 1), claim(append(z, 0), int64(len(content))), content, append(bytes.Clone(z), 0), "do not end"},
		{"not deflate", rec(1<<20, 1), exact, content, bytes.Repeat([]byte{0xff}, len(z)), "malformed"},
		{"method", rec(1<<20, 1), func() entry { e := exact; e.method = 12; return e }(), content, z, "cannot be"},
		{"overflow", rec(huge, 8), exact, content, z, "cannot be"},
		{"negative", rec(-1, -1), exact, content, z, "cannot be"},
		{"no dimension", rec(), exact, content, z, "cannot be"},
		{"three dimensions", rec(1<<10, 1<<10, 1), exact, content, z, "cannot be"},
		{"shape", rec(1, 1<<20-1), exact, content, z, "needs"},
		{"transposed", rec(1, 1<<20), exact, content, z, ".npy header"},
		{"dtype", memberRecord{"values.npy", "<f16", []int{1 << 20, 1}, ""}, exact, content, z, "dtype"},
		{"name", memberRecord{"other.npy", "<f8", []int{1 << 20, 1}, ""}, exact, content, z, "lists"},
		{"rows without elements", rec(huge/4, 0), entry{name: "values.npy", csize: 128, usize: 128}, npyHeader("<f8", []int{huge / 4, 0}), npyHeader("<f8", []int{huge / 4, 0}), "without elements"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s blockSums
			s.Write(c.content)
			c.e.crc = s.crc
			n := int(min(blockCount(c.e.usize), 1<<20))
			sums := append(s.appendTo(nil), make([]uint32, n)...)[:n]
			b := forge(t, Format, c.rec, c.e, c.z, sums)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := func() error {
				r, err := open(layout{zip64From}, b)
				if err != nil {
					return err
				}
				return r.Decode(&struct{ Values [][]float64 }{})
			}()
			runtime.ReadMemStats(&after)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d bytes allocated", used)
			}
		})
	}
}

// FuzzOpen reads arbitrary bytes. Nearly all of them fail at some sum, which
// FuzzMeta gets past.
func FuzzOpen(f *testing.F) {
	for _, c := range []bool{false, true} {
		f.Add(encode(f, layout{zip64From}, tinyModel(), WriteOptions{c}))
		f.Add(encode(f, layout{1}, tinyModel(), WriteOptions{c}))
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, l := range []layout{{zip64From}, {1}} {
			if r, err := open(l, b); err == nil {
				rewrite(t, l, r, new(tiny))
			}
		}
	})
}

// FuzzMeta reads a bundle with arbitrary meta.json and arbitrary content of
// its one array, all sums being right.
func FuzzMeta(f *testing.F) {
	values := append(npyHeader("<f8", []int{2, 1}), make([]byte, 16)...)
	for _, model := range []string{
		`{"values":"values.npy"}`, `{"name":"x","index":"values.npy"}`, `{"list":[{"id":1,"weights":"values.npy"},null]}`,
		`{"values":[null,"values.npy"]}`, `{"name":7}`, `[]`, `null`,
	} {
		f.Add([]byte(`{"format":1,"tool_version":"v1","options":{},"errors":null,"inputs":[{"name":"a","bytes":1,"crc32c":2}],`+
			`"members":[{"name":"values.npy","dtype":"<f8","shape":[2,1],"doc":"d"}],"model":`+model+`}`), values)
	}
	f.Add([]byte(`{"format":2}`), []byte{})
	f.Fuzz(func(t *testing.T, meta, data []byte) {
		var s blockSums
		s.Write(data)
		n := int64(len(data))
		l := layout{zip64From}
		r, err := open(l, forgeMeta(l, meta, entry{name: "values.npy", usize: n, csize: n, crc: s.crc}, data, s.appendTo(nil)))
		if err != nil {
			return
		}
		for _, m := range []any{new(tiny), new(everything)} {
			rewrite(t, l, r, m)
		}
	})
}

// rewrite decodes a bundle to m; if that succeeds, what m writes decodes to the same.
func rewrite(t *testing.T, l layout, r *Reader, m any) {
	t.Helper()
	if err := r.Decode(m); err != nil {
		return
	}
	again, err := open(l, encode(t, l, m, WriteOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	copied := reflect.New(reflect.TypeOf(m).Elem()).Interface()
	if err := again.Decode(copied); err != nil {
		t.Fatal(err)
	}
	if d := diff(m, copied); d != "" {
		t.Fatal(d)
	}
}
