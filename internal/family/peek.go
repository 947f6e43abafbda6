package family

import (
	"bufio"
	"bytes"
	"io"
	"math/bits"
	"os"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
)

// peekAll reads the headers of all files of t. What cannot be read or
// understood is left unknown: the reader will say why.
func peekAll(t *Table) []head {
	heads := make([]head, len(t.Samples))
	for i, s := range t.Samples {
		heads[i] = peek(s.Path)
	}
	return heads
}

// maxHeader bounds the text searched for the size line.
const maxHeader = 1 << 20

// peek reads banner and size line of one file.
func peek(path string) head {
	var h head
	f, err := os.Open(path)
	if err != nil {
		return h
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return h // what can be read only once is not touched
	} else {
		h.size = info.Size()
	}
	r := bufio.NewReader(f)
	var text io.Reader = r
	if magic, err := r.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		h.compressed = true
		z, err := gzip.NewReader(r)
		if err != nil {
			return h
		}
		defer z.Close()
		text = z
	}
	sc := bufio.NewScanner(io.LimitReader(text, maxHeader))
	sc.Buffer(nil, maxHeader)
	if !sc.Scan() {
		return h
	}
	banner := strings.Fields(strings.ToLower(strings.TrimPrefix(sc.Text(), "\ufeff")))
	for sc.Scan() {
		line, _, _ := strings.Cut(sc.Text(), "%")
		if words := strings.Fields(line); len(words) > 0 {
			h.Header, h.known = parseHead(banner, words)
			return h
		}
	}
	return h
}

// parseHead understands a regular header, and false otherwise.
func parseHead(banner, size []string) (h mtx.Header, ok bool) {
	if len(banner) < 5 || !strings.HasSuffix(banner[0], "%matrixmarket") {
		return h, false
	}
	h.Format = banner[2]
	h.Field = map[string]string{
		"real": "real", "complex": "complex", "integer": "integer", "pattern": "pattern",
		"double": "real", "unsigned-integer": "integer",
	}[banner[3]]
	for _, s := range []matrix.Symmetry{matrix.General, matrix.Symmetric, matrix.SkewSymmetric, matrix.Hermitian} {
		if ok = banner[4] == s.String(); ok {
			h.Symmetry = s
			break
		}
	}
	want := 3
	if h.Format == "array" {
		want--
	}
	if banner[1] == "vector" {
		want--
	}
	if !ok || h.Field == "" || h.Format != "array" && h.Format != "coordinate" || len(size) != want {
		return h, false
	}
	n := make([]int, 0, 3)
	for _, w := range size {
		v, err := strconv.Atoi(w)
		if err != nil || v < 0 {
			return h, false
		}
		n = append(n, v)
	}
	if banner[1] == "vector" {
		n = append(n[:1], append([]int{1}, n[1:]...)...)
	}
	h.Rows, h.Cols = n[0], n[1]
	if h.Symmetry != matrix.General && h.Rows != h.Cols {
		return h, false
	}
	if h.Format == "coordinate" {
		h.Stored = n[2]
		return h, true
	}
	h.Stored, ok = arrayValues(h)
	return h, ok
}

// arrayValues counts the values of an array file, false when there are too many
// for any file.
func arrayValues(h mtx.Header) (int, bool) {
	hi, n := bits.Mul64(uint64(h.Rows), uint64(h.Cols))
	if hi > 0 || n > 1<<62 {
		return 0, false
	}
	switch h.Symmetry {
	case matrix.General:
	case matrix.SkewSymmetric:
		n = (n - uint64(h.Rows)) / 2
	default:
		n = (n + uint64(h.Rows)) / 2
	}
	return int(n), true
}
