package bundle

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Reader is an open bundle. Its methods, Close apart, may be called from
// several goroutines.
type Reader struct {
	layout
	path    string
	size    int64
	src     io.ReaderAt
	mapped  []byte // the whole file where it is mapped, nil elsewhere
	release func() error

	meta    metaFile
	entries []entry
	members []*member
	checked []atomic.Bool // block has been verified
	mu      sync.Mutex    // guards the buffers of members that are not mapped
}

// member is an array member.
type member struct {
	memberRecord
	entry  entry
	num    number
	at     int64 // offset of the content in the file
	header int   // length of the .npy header
	first  int   // index of its first block among all blocks
	sums   []uint32
	buf    []byte // content; mapped, or filled as blocks are verified
}

// Open opens the bundle at path, which must be a regular file, and verifies
// its structure, meta.json and the block index; data are verified when they
// are first used. On most systems the file is mapped: it may be replaced, but
// must not be changed in place, while it is open.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		return nil, closing(err, f)
	}
	if !st.Mode().IsRegular() {
		return nil, closing(fmt.Errorf("%s: a bundle must be a regular file, not a folder, pipe or device", path), f)
	}
	r := &Reader{layout: layout{zip64From}, path: path, size: st.Size(), src: f, release: f.Close}
	if r.size >= endLen {
		mapped, unmap, err := mapFile(f, r.size)
		if err != nil {
			return nil, closing(fmt.Errorf("%s: mapping the file: %w", path, err), f)
		}
		if mapped != nil {
			if err := f.Close(); err != nil {
				return nil, err
			}
			r.mapped, r.src, r.release = mapped, bytes.NewReader(mapped), unmap
		}
	}
	if err := r.open(); err != nil {
		_ = r.Close() // the first error counts
		return nil, err
	}
	return r, nil
}

// closing returns err after closing f.
func closing(err error, f *os.File) error {
	_ = f.Close() // the first error counts
	return err
}

// NewReader reads a bundle of size bytes from src, as Open does with a file
// that cannot be mapped: what is used is copied to memory.
func NewReader(src io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{layout: layout{zip64From}, size: size, src: src}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) open() error {
	entries, at, err := r.parseDirectory()
	if err != nil {
		return err
	}
	if err := r.readMeta(entries); err != nil {
		return err
	}
	if err := r.structure(entries, at); err != nil {
		return err
	}
	r.entries = entries
	return r.index()
}

// index sets up the members and their block sums.
func (r *Reader) index() error {
	n := len(r.entries) - 2
	if n < 0 || r.entries[n].name != indexName || r.entries[n+1].name != metaName || n != len(r.meta.Members) {
		return r.corrupt(metaName, r.size, "%d members are listed, the file has %d", len(r.meta.Members), len(r.entries))
	}
	blocks := int64(0)
	for i, rec := range r.meta.Members {
		m, err := r.member(rec, r.entries[i])
		if err != nil {
			return err
		}
		m.first = int(blocks)
		blocks += blockCount(m.entry.usize)
		r.members = append(r.members, m)
	}
	e := r.entries[n]
	at := e.offset + r.localSize(e)
	header := npyHeader("<u4", []int{int(blocks)})
	if e.method != stored || e.usize != int64(len(header))+4*blocks {
		return r.corrupt(e.name, at, "the block index has %d bytes, expected are %d sums", e.usize, blocks)
	}
	b, err := r.readAt(at, e.usize)
	if err != nil {
		return err
	}
	if sum := crc32.ChecksumIEEE(b); sum != e.crc || !bytes.HasPrefix(b, header) {
		return r.corrupt(e.name, at, "CRC-32 is %08x, recorded is %08x", sum, e.crc)
	}
	sums := make([]uint32, blocks)
	for i := range sums {
		p := b[len(header)+4*i:]
		sums[i] = uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
	}
	for _, m := range r.members {
		m.sums = sums[m.first : m.first+int(blockCount(m.entry.usize))]
	}
	r.checked = make([]atomic.Bool, blocks)
	return nil
}

// member checks what meta.json says of a member against its entry.
func (r *Reader) member(rec memberRecord, e entry) (*member, error) {
	m := &member{memberRecord: rec, entry: e, at: e.offset + r.localSize(e)}
	if rec.Name != e.name {
		return nil, r.corrupt(e.name, e.offset, "%s lists %q in its place", metaName, rec.Name)
	}
	var ok bool
	if m.num, ok = numberNamed(rec.Dtype); !ok {
		return nil, r.corrupt(e.name, m.at, "unknown dtype %q", rec.Dtype)
	}
	size, ok := arrayBytes(rec.Shape, m.num.size)
	if !ok {
		return nil, r.corrupt(e.name, m.at, "a shape %v cannot be", rec.Shape)
	}
	header := npyHeader(rec.Dtype, rec.Shape)
	m.header = len(header)
	if e.usize != size+int64(len(header)) {
		return nil, r.corrupt(e.name, m.at, "shape %v needs %d bytes, the member has %d", rec.Shape, size+int64(len(header)), e.usize)
	}
	if e.method == deflated {
		return m, nil
	}
	return m, r.expect(e.name, m.at, header)
}

// readAt returns n bytes at off, which must lie within the file.
func (r *Reader) readAt(off, n int64) ([]byte, error) {
	if r.mapped != nil {
		return r.mapped[off : off+n : off+n], nil
	}
	b := make([]byte, n)
	if k, err := r.src.ReadAt(b, off); k < len(b) {
		return nil, r.failed(off, err)
	}
	return b, nil
}

// failed wraps an error of the operating system.
func (r *Reader) failed(off int64, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return r.corrupt("", off, "the file ends here")
	}
	return fmt.Errorf("%sreading at byte %d: %w", r.prefix(), off, err)
}

// prefix begins the text of an error with the file, where there is one.
func (r *Reader) prefix() string {
	if r.path == "" {
		return ""
	}
	return r.path + ": "
}

func (r *Reader) corrupt(member string, at int64, format string, args ...any) error {
	return &CorruptError{r.path, member, at, fmt.Sprintf(format, args...)}
}

// Meta returns what the bundle says about itself. Options and Errors are
// json.RawMessage.
func (r *Reader) Meta() Meta {
	return Meta{r.meta.Format, r.meta.ToolVersion, r.meta.Options, r.meta.Errors, append([]Input(nil), r.meta.Inputs...)}
}

// Size returns the size of the file in bytes.
func (r *Reader) Size() int64 { return r.size }

// MemberInfo describes a member of the file.
type MemberInfo struct {
	Name       string
	Dtype      string // NumPy dtype, empty for meta.json
	Shape      []int
	Bytes      int64  // of content
	Stored     int64  // bytes in the file, less than Bytes when compressed
	Documented string // one line of meaning, empty when the model gives none
}

// Members returns the members in the order of the file.
func (r *Reader) Members() []MemberInfo {
	var list []MemberInfo
	for _, m := range r.members {
		list = append(list, MemberInfo{m.Name, m.Dtype, append([]int(nil), m.Shape...), m.entry.usize, m.entry.csize, m.Doc})
	}
	index, meta := r.entries[len(r.members)], r.entries[len(r.members)+1]
	return append(list,
		MemberInfo{index.name, "<u4", []int{len(r.checked)}, index.usize, index.csize, "CRC-32C of each 1 MiB block of the members above, in order"},
		MemberInfo{meta.name, "", nil, meta.usize, meta.csize, "format, tool, options, errors, inputs, members, scalars of the model"})
}

// Close releases the file. What Decode and Rows returned must not be used
// any more.
func (r *Reader) Close() error {
	release := r.release
	r.release, r.mapped = nil, nil
	if release == nil {
		return nil
	}
	return release()
}
