// Package mtx turns Matrix Market text into matrices and back.
//
// The format is that of R. Boisvert, R. Pozo, K. Remington, "The Matrix Market
// Exchange Formats: Initial Design", NISTIR 5935, 1996: coordinate and array
// files, real, complex, integer and pattern, with the four symmetries; plain or
// compressed by gzip, which is recognised by content. Where that text is silent:
//
//   - one entry (array: one value) per line, with exactly the numbers its field
//     asks for; counts must match the size line exactly;
//   - values are decimal, rounded correctly to the nearest float64 however many
//     digits they have; overflow, NaN and infinity are errors;
//   - duplicates are summed in file order, explicit zeros stay entries;
//   - of a symmetric file one triangle is kept: an upper entry is mirrored with
//     a warning, both (i, j) and (j, i) are an error;
//   - harmless deviations that real programs write are read with a warning,
//     whatever could silently change the matrix is refused with its line.
//
// Reading is parallel: the text is cut into blocks at line ends, blocks are
// parsed at the same time and put together in file order. The result, warnings
// and errors do not depend on the number of threads; the first bad line in
// file order is the one reported. Memory grows with the data read, never with
// what a header claims.
//
// The package does no arithmetic on matrices and opens no output file.
package mtx

import (
	"io"

	"eimtool/internal/matrix"
)

// Header is what banner and size line declare.
type Header struct {
	Format     string          // "coordinate" or "array"
	Field      string          // "real", "complex", "integer" or "pattern"
	Symmetry   matrix.Symmetry // as declared; a hermitian matrix that is not complex is stored as symmetric
	Rows, Cols int
	Stored     int // entries or array values in the file
}

// File is a matrix file that was read.
//
// The matrix is in canonical form: compressed columns with sorted rows,
// duplicates summed; the lower triangle of a symmetric kind; a dense pattern
// for the array format. Pattern files have values 1.
type File struct {
	Header
	*matrix.Matrix
	Warnings []string // deviations from the format, with their line where there is one
	Order    *Order   // usable as ReadOptions.Reference; nil for arrays
	Compact  *Compact // nil unless ReadOptions.Compact was needed
}

// Compact says which rows and columns a compacted matrix holds, by increasing
// 0-based index; all others are empty.
type Compact struct{ Rows, Cols []int }

// ReadOptions are options for reading; the zero value is ready for use.
type ReadOptions struct {
	// Threads is the number of goroutines that parse, all processors when 0.
	Threads int
	// Reference is the order of entries of a file that probably has the same
	// pattern. As long as the file follows it only values are kept, and the
	// matrix shares the pattern of the reference (the same pointer) when its
	// pattern turns out to be equal, in whatever order. Not needed for
	// correctness: any file may be read with any reference.
	Reference *Order
	// Name is the name that Read uses in errors.
	Name string
	// MaxBytes limits the length of the decompressed text, 0 means no limit.
	MaxBytes int64
	// Compact allows coordinate matrices that cannot be held in compressed
	// columns: rows or columns beyond 2³¹, or vastly more columns than
	// entries. They are returned without their empty rows and columns, and
	// File.Compact says which ones are left. Without it they are an error.
	Compact bool

	// Tee, when not nil, is given every byte that is read, compressed data as
	// they are, in order and to the end of the input of a successful read: for
	// a checksum.
	Tee io.Writer

	block int // length of the blocks of text, blockSize when 0; for tests
}

// Order is the sequence of entries of a coordinate file and the pattern that
// they make: entry k of the file is (rows[k], cols[k]), 0-based as in the
// file, and belongs to position slot[k] of the pattern.
type Order struct {
	Pattern    *matrix.Pattern
	rows, cols []int32  // nil when the file cannot serve as reference
	slot       []uint32 // nil when entry k is position k
	duplicates bool     // several entries share a slot
}

// fits reports whether a file with header h may follow order o.
func (o *Order) fits(h *header) bool {
	return o != nil && o.Pattern != nil && h.Format == coordinate && !h.wide && len(o.rows) == h.Stored &&
		o.Pattern.Rows == h.Rows && o.Pattern.Cols == h.Cols && o.Pattern.Symmetry == h.storage
}
