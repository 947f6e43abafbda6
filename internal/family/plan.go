package family

import (
	"fmt"
	"math"
	"slices"

	"eimtool/internal/matrix"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
)

// MemoryPlan predicts what Load will need, from the headers and sizes of the
// files alone.
type MemoryPlan struct {
	Samples   int             // number of files
	FileBytes int64           // their total size
	Rows      int             // shape of the matrices
	Cols      int             //
	Entries   int64           // stored entries of the largest snapshot; the union pattern has at least as many
	Uniform   bool            // all files announce the same number of entries
	Complex   bool            // some file is complex
	Dense     bool            // some file is an array: the family is stored densely
	Symmetry  matrix.Symmetry // of the family
	Table     int64           // bytes of all values on the union pattern
	Pattern   int64           // bytes of the pattern
	Reading   int64           // bytes needed beside the table while files are read
	Limit     int64           // what may be used, 0 when nothing limits it
}

// Peak is the predicted peak in bytes.
func (p MemoryPlan) Peak() int64 { return addBytes(p.Table, addBytes(p.Pattern, p.Reading)) }

// String describes the plan in one line.
func (p MemoryPlan) String() string {
	field, layout, about := "real", "sparse", ""
	if p.Complex {
		field = "complex"
	}
	if p.Dense {
		layout = "dense"
	}
	if !p.Uniform {
		about = "at least "
	}
	return fmt.Sprintf("%s, %d x %d, %s %v %s, %s%d stored entries each: table %s%s, peak %s%s",
		count(p.Samples, "snapshot"), p.Rows, p.Cols, field, p.Symmetry, layout, about, p.Entries,
		about, memory.Format(p.Table), about, memory.Format(p.Peak()))
}

// MemoryError refuses a table that does not fit into the memory allowed.
type MemoryError struct{ Plan MemoryPlan }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("the snapshots need %s of memory (%d values in each of %s), and %s may be used",
		memory.Format(e.Plan.Peak()), e.Plan.Entries, count(e.Plan.Samples, "sample"), memory.Format(e.Plan.Limit))
}

// Hint says what to do.
func (e *MemoryError) Hint() string {
	return fmt.Sprintf("take fewer samples, or allow more, as in --memory %s, on a machine that has it", roundUp(e.Plan.Peak()))
}

// roundUp writes n bytes, rounded up to whole MiB or GiB, as --memory takes it.
func roundUp(n int64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%dMiB", n>>20+1)
	}
	return fmt.Sprintf("%dGiB", n>>30+1)
}

// DefaultShare is the part of the free memory that may be used when nothing
// else is said.
const DefaultShare = 0.8

// limit returns the number of bytes that may be used, 0 when unknown.
func (o LoadOptions) limit() int64 {
	if o.Memory > 0 {
		return o.Memory
	}
	free, ok := memory.Available()
	if !ok {
		return 0
	}
	return max(1, int64(DefaultShare*float64(free)))
}

// Plan reads the headers of all files of t and predicts what Load would need,
// without reading any matrix. It refuses matrices of different shapes with a
// *TableError, and a table above the limit with a *MemoryError; the plan is
// valid in that case too. Headers that cannot be understood are left to Load.
func Plan(t *Table, opt LoadOptions) (MemoryPlan, error) {
	heads := peekAll(t)
	if err := checkShapes(t, heads, opt.Reference); err != nil {
		return MemoryPlan{}, err
	}
	return planOf(t, heads, opt)
}

// checkShapes compares the shapes of all files with the first, or with the
// reference family.
func checkShapes(t *Table, heads []head, ref *Family) error {
	first := slices.IndexFunc(heads, func(h head) bool { return h.known })
	if first < 0 {
		return nil
	}
	for i, h := range heads {
		if !h.known {
			continue
		}
		if ref != nil {
			if p := ref.Pattern; h.Rows != p.Rows || h.Cols != p.Cols {
				return t.errorAt(i, fmt.Sprintf("%s is %d x %d, but the family is %d x %d", t.file(i), h.Rows, h.Cols, p.Rows, p.Cols),
					"only matrices of one shape can be compared")
			}
			continue
		}
		if g := heads[first]; h.Rows != g.Rows || h.Cols != g.Cols {
			return t.errorAt(i, fmt.Sprintf("%s is %d x %d, but %q (%s) is %d x %d", t.file(i), h.Rows, h.Cols, t.Samples[first].File, t.row(first), g.Rows, g.Cols),
				"all snapshots of a family have one shape: use one mesh topology, or take the file out")
		}
	}
	return nil
}

// planOf predicts the need from headers of equal shapes.
func planOf(t *Table, heads []head, opt LoadOptions) (MemoryPlan, error) {
	l, _ := decide(t, heads)
	p := MemoryPlan{
		Samples: len(heads), Rows: l.rows, Cols: l.cols, Symmetry: l.symmetry, Dense: l.dense,
		Uniform: true, Limit: opt.limit(),
	}
	if opt.Reference != nil {
		l = layoutOf(opt.Reference.Pattern)
		p.Symmetry, p.Dense, p.Complex = l.symmetry, l.dense, opt.Reference.Complex
		p.Entries = int64(opt.Reference.Pattern.NNZ())
	}
	stored := int64(-1)
	for _, h := range heads {
		p.FileBytes += h.size
		if !h.known {
			continue
		}
		p.Complex = p.Complex || h.Field == "complex"
		n := h.credible()
		if p.Uniform = p.Uniform && (stored < 0 || n == stored); opt.Reference == nil {
			p.Entries = max(p.Entries, l.entries(h, n))
		}
		stored = n
	}
	p.Uniform = p.Uniform || p.Dense || opt.Reference != nil
	width := int64(8)
	if p.Complex {
		width = 16
	}
	p.Table = mulBytes(mulBytes(p.Entries, width), int64(p.Samples))
	p.Pattern = p.patternBytes()
	p.Reading = p.reading(l, min(scalar.Threads(opt.Threads), max(1, p.Samples)), width)
	if p.Limit > 0 && p.Peak() > p.Limit {
		return p, &MemoryError{p}
	}
	return p, nil
}

// patternBytes returns the size of a pattern with all entries.
func (p MemoryPlan) patternBytes() int64 {
	if p.Dense {
		return 0
	}
	return addBytes(mulBytes(p.Entries, 4), mulBytes(int64(p.Cols)+1, 8))
}

// grown returns the plan for a union pattern of n entries.
func (p MemoryPlan) grown(n int64) MemoryPlan {
	if p.Entries > 0 && n > p.Entries {
		p.Table = mulBytes(p.Table/p.Entries, n)
		p.Entries = n
		p.Pattern = p.patternBytes()
	}
	return p
}

// reading estimates what the reader holds beside the table: the order of the
// reference file (two indices and a slot per entry) and, per file being read,
// its indices or one row to convert, and blocks of text.
func (p MemoryPlan) reading(l layout, threads int, width int64) int64 {
	const blocks = 8 << 20
	perFile := int64(blocks)
	order := int64(0)
	if !l.dense {
		order = mulBytes(p.Entries, 12)
	}
	if !p.Uniform || l.mixed {
		perFile = addBytes(perFile, mulBytes(p.Entries, width+12))
	}
	return addBytes(order, mulBytes(perFile, int64(threads)))
}

// addBytes and mulBytes stop at the largest int64 instead of wrapping round:
// headers may claim anything.
func addBytes(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func mulBytes(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/a {
		return math.MaxInt64
	}
	return a * b
}

// head is what is known of a file before it is read.
type head struct {
	mtx.Header
	known      bool
	compressed bool
	size       int64 // bytes of the file
}

// credible returns the number of stored entries, or fewer when the file is too
// short for what its header announces: that is an error for the reader to find.
func (h head) credible() int64 {
	const (
		shortest = 2    // bytes of the shortest line
		inflate  = 1032 // the most that deflate can compress
	)
	text := h.size
	if h.compressed {
		text = mulBytes(text, inflate)
	}
	return min(int64(h.Stored), text/shortest+1)
}
