package mtx

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"eimtool/internal/matrix"
)

const (
	coordinate = "coordinate"
	array      = "array"
)

// header is a Header and what the parser derives from it.
type header struct {
	Header
	storage  matrix.Symmetry // of the matrix: hermitian without complex is symmetric
	pattern  bool
	integer  bool
	complex  bool
	vector   bool // the banner declares a vector: one size, one column
	wide     bool // indices exceed int32
	line     int  // lines read so far
	warnings []string
}

// warn records a deviation on the current line.
func (h *header) warn(format string, args ...any) {
	h.warnings = append(h.warnings, fmt.Sprintf("line %d: ", h.line)+fmt.Sprintf(format, args...))
}

// fail returns an error on the current line.
func (h *header) fail(hint, format string, args ...any) *ParseError {
	return &ParseError{Line: h.line, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// consume reads lines of text, which ends at a line end unless the file does
// not, up to and including the size line. It returns the rest of text, and
// done when the size line was found.
func (h *header) consume(text []byte) (rest []byte, done bool, err *ParseError) {
	for len(text) > 0 {
		line := text
		if k := bytes.IndexByte(text, '\n'); k >= 0 {
			line, text = text[:k], text[k+1:]
		} else {
			text = nil
		}
		h.line++
		line = trimReturn(line)
		if h.line == 1 {
			if err := h.banner(line); err != nil {
				return nil, false, err
			}
			continue
		}
		words := splitter{line}
		first := words.next()
		if len(first) == 0 || first[0] == '%' {
			continue
		}
		if err := h.size(first, &words); err != nil {
			return nil, false, err
		}
		return text, true, nil
	}
	return nil, false, nil
}

// trimReturn drops the carriage return of a CRLF line end.
func trimReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// splitter cuts a line into words at blanks and tabs.
type splitter struct{ line []byte }

// next returns the next word, empty at the end of the line.
func (s *splitter) next() []byte {
	b := s.line
	k := 0
	for k < len(b) && (b[k] == ' ' || b[k] == '\t') {
		k++
	}
	e := k
	for e < len(b) && b[e] != ' ' && b[e] != '\t' {
		e++
	}
	s.line = b[e:]
	return b[k:e]
}

const bannerHint = "the first line must read: %%MatrixMarket matrix coordinate|array real|complex|integer|pattern general|symmetric|skew-symmetric|hermitian"

// banner reads the first line.
func (h *header) banner(line []byte) *ParseError {
	if rest, ok := bytes.CutPrefix(line, []byte("\xef\xbb\xbf")); ok {
		h.warn("byte order mark before the banner")
		line = rest
	}
	if bytes.IndexByte(line, '\r') >= 0 && hasBanner(line) {
		return h.fail("convert the line ends to LF or CRLF", "banner: lone carriage returns as line ends")
	}
	if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
		h.warn("blanks before the banner")
	}
	words := splitter{line}
	var w [5]string
	n := 0
	for n < 5 {
		word := words.next()
		if len(word) == 0 {
			break
		}
		w[n] = strings.ToLower(string(word[:min(len(word), 64)]))
		n++
	}
	switch {
	case n == 0:
		return h.fail(bannerHint, "banner expected, found an empty line")
	case w[0] == "%matrixmarket":
		h.warn("banner with one percent sign")
	case w[0] != "%%matrixmarket":
		return h.fail(bannerHint, "no Matrix Market banner: the first line begins with %s", quote(bytes.TrimSpace(line)))
	}
	if n < 5 {
		return h.fail(bannerHint, "banner has %d of 5 words; object, format, field and symmetry must be given", n)
	}
	if extra := words.next(); len(extra) > 0 {
		h.warn("extra words on the banner, from %s", quote(extra))
	}
	return h.words(w[1], w[2], w[3], w[4])
}

// words reads the four words after %%MatrixMarket.
func (h *header) words(object, format, field, symmetry string) *ParseError {
	switch object {
	case "matrix":
	case "vector":
		h.vector = true
		h.warn("vector object read as one column")
	default:
		return h.fail(bannerHint, "banner: object %q is neither matrix nor vector", object)
	}
	switch format {
	case coordinate, array:
		h.Format = format
	default:
		return h.fail(bannerHint, "banner: format %q is neither coordinate nor array", format)
	}
	switch field {
	case "real", "complex", "integer", "pattern":
		h.Field = field
	case "double":
		h.Field = "real"
		h.warn("field double read as real")
	case "unsigned-integer":
		h.Field = "integer"
		h.warn("field unsigned-integer read as integer")
	default:
		return h.fail(bannerHint, "banner: field %q is none of real, complex, integer, pattern", field)
	}
	switch symmetry {
	case "general":
		h.Symmetry = matrix.General
	case "symmetric":
		h.Symmetry = matrix.Symmetric
	case "skew-symmetric":
		h.Symmetry = matrix.SkewSymmetric
	case "hermitian":
		h.Symmetry = matrix.Hermitian
	default:
		return h.fail(bannerHint, "banner: symmetry %q is none of general, symmetric, skew-symmetric, hermitian", symmetry)
	}
	h.pattern, h.integer, h.complex = h.Field == "pattern", h.Field == "integer", h.Field == "complex"
	if h.pattern && h.Format == array {
		return h.fail("", "banner: a pattern needs the coordinate format")
	}
	if h.pattern && h.Symmetry != matrix.General && h.Symmetry != matrix.Symmetric {
		return h.fail("", "banner: a pattern is general or symmetric, not %v", h.Symmetry)
	}
	h.storage = h.Symmetry
	if h.Symmetry == matrix.Hermitian && !h.complex {
		h.storage = matrix.Symmetric
		h.warn("hermitian with a field that is not complex: read as symmetric")
	}
	return nil
}

// size reads the size line: rows, columns and, of a coordinate file, entries.
func (h *header) size(first []byte, words *splitter) *ParseError {
	names := []string{"rows", "columns", "entries"}
	switch {
	case h.vector && h.Format == array:
		names = names[:1]
	case h.vector:
		names = []string{"rows", "entries"}
	case h.Format == array:
		names = names[:2]
	}
	expect := fmt.Sprintf("the size line gives %s, and nothing more", strings.Join(names, ", "))
	var v [3]int
	word := first
	for k, name := range names {
		if len(word) == 0 || word[0] == '%' {
			return h.fail(expect, "size line: number of %s missing", name)
		}
		if word[0] == '#' && k == 0 {
			return h.fail("comments begin with %", "size line expected, found %s; # does not start a comment", quote(word))
		}
		n, ok := parseCount(word)
		if !ok {
			return h.fail(expect, "size line: number of %s is %s, not a whole number from 0 to 2^63-1", name, quote(word))
		}
		v[k] = n
		word = words.next()
	}
	if len(word) > 0 && word[0] != '%' {
		return h.fail(expect, "size line: more numbers than %s, from %s", strings.Join(names, ", "), quote(word))
	}
	if len(word) > 0 {
		h.warn("comment after the numbers of the size line")
	}
	h.Rows, h.Cols, h.Stored = v[0], v[1], v[2]
	if h.vector {
		h.Cols, h.Stored = 1, v[1]
	}
	return h.check()
}

// check judges the sizes.
func (h *header) check() *ParseError {
	if h.Symmetry != matrix.General && h.Rows != h.Cols {
		return h.fail("", "size line: a %v matrix must be square, not %d x %d", h.Symmetry, h.Rows, h.Cols)
	}
	h.wide = h.Format == coordinate && max(h.Rows, h.Cols) > math.MaxInt32
	if h.Format == coordinate {
		return nil
	}
	n, m := uint64(h.Rows), uint64(h.Cols)
	var hi, lo uint64
	switch h.storage { // n(n±1)/2 values: halve the even factor
	case matrix.General:
		hi, lo = bits.Mul64(n, m)
	case matrix.SkewSymmetric:
		hi, lo = triangle(n, n-min(n, 1))
	default:
		hi, lo = triangle(n, n+1)
	}
	if hi > 0 || lo > math.MaxInt64 {
		return h.fail("", "size line: count of values of a %d x %d array exceeds 2^63: the file must be truncated", h.Rows, h.Cols)
	}
	h.Stored = int(lo)
	return nil
}

// triangle returns a·b/2 for factors of which one is even.
func triangle(a, b uint64) (hi, lo uint64) {
	if a%2 == 0 {
		return bits.Mul64(a/2, b)
	}
	return bits.Mul64(a, b/2)
}

// parseCount reads a nonnegative decimal number below 2⁶³.
func parseCount(word []byte) (int, bool) {
	if word[0] == '+' {
		word = word[1:]
	}
	if len(word) == 0 {
		return 0, false
	}
	n := 0
	for _, c := range word {
		d := int(c - '0')
		if c < '0' || c > '9' || n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}
