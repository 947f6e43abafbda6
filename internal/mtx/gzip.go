package mtx

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// Flags of the fourth byte of a member (RFC 1952, 2.3.1).
const (
	gzipHeaderCRC = 1 << 1
	gzipExtra     = 1 << 2
	gzipName      = 1 << 3
	gzipComment   = 1 << 4
	gzipReserved  = 0xe0
)

// gunzip reads the members of a gzip file (RFC 1952) as one stream. Bytes after
// the last member that do not begin another one are ignored, as gzip(1) does.
type gunzip struct {
	in       *bufio.Reader
	counter  *counter
	inflate  io.ReadCloser
	inMember bool
	sum      uint32 // CRC of the member so far
	length   uint32 // its length modulo 2³²
	members  int
	trailing bool        // bytes after the last member
	damage   *ParseError // what was found wrong with the data
}

// counter counts the bytes read from r.
type counter struct {
	r io.Reader
	n int64
}

// Read reads from the underlying reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// newGunzip returns a reader of the text in the gzip data of r.
func newGunzip(r io.Reader) *gunzip {
	c := &counter{r: r}
	return &gunzip{in: bufio.NewReaderSize(c, 128<<10), counter: c}
}

// compressed returns how many compressed bytes have been read.
func (g *gunzip) compressed() int64 { return g.counter.n }

// Read implements io.Reader. Damaged data, as opposed to errors of the
// underlying reader, give a *ParseError and set g.damage.
func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.read(p)
	errors.As(err, &g.damage)
	return n, err
}

// read is Read without bookkeeping.
func (g *gunzip) read(p []byte) (int, error) {
	if !g.inMember {
		if err := g.begin(); err != nil {
			return 0, err
		}
	}
	n, err := g.inflate.Read(p)
	g.sum = crc32.Update(g.sum, crc32.IEEETable, p[:n])
	g.length += uint32(n)
	if err == nil {
		return n, nil
	}
	if err != io.EOF {
		return n, damaged(err)
	}
	g.inMember = false
	var trailer [8]byte
	if _, err := io.ReadFull(g.in, trailer[:]); err != nil {
		return n, damaged(err)
	}
	if binary.LittleEndian.Uint32(trailer[:]) != g.sum {
		return n, damage("gzip data damaged: the checksum (CRC) does not agree", nil)
	}
	if binary.LittleEndian.Uint32(trailer[4:]) != g.length {
		return n, damage("gzip data damaged: the length in the trailer does not agree (a checksum)", nil)
	}
	return n, nil
}

// begin reads the header of the next member; io.EOF when there is none.
func (g *gunzip) begin() error {
	magic, err := g.in.Peek(2)
	if err != nil && err != io.EOF {
		return err
	}
	if g.members > 0 && (len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b) {
		g.trailing = len(magic) > 0
		return io.EOF
	}
	g.members++
	var head [10]byte
	if _, err := io.ReadFull(g.in, head[:]); err != nil {
		return damaged(err)
	}
	flags := head[3]
	if head[2] != 8 || flags&gzipReserved != 0 {
		return damage("gzip data damaged: unknown compression method or flags in the header", nil)
	}
	sum := crc32.ChecksumIEEE(head[:])
	if err := g.fields(flags, sum); err != nil {
		return err
	}
	if g.inflate == nil {
		g.inflate = flate.NewReader(g.in)
	} else if err := g.inflate.(flate.Resetter).Reset(g.in, nil); err != nil {
		return damaged(err)
	}
	g.inMember, g.sum, g.length = true, 0, 0
	return nil
}

// fields skips the optional parts of a header and verifies its checksum.
func (g *gunzip) fields(flags byte, sum uint32) error {
	one := make([]byte, 1)
	next := func() (byte, error) {
		c, err := g.in.ReadByte()
		one[0] = c
		sum = crc32.Update(sum, crc32.IEEETable, one)
		return c, err
	}
	skip := 0
	if flags&gzipExtra != 0 {
		lo, err := next()
		if err != nil {
			return damaged(err)
		}
		hi, err := next()
		if err != nil {
			return damaged(err)
		}
		skip = int(lo) | int(hi)<<8
	}
	for range skip {
		if _, err := next(); err != nil {
			return damaged(err)
		}
	}
	for _, flag := range []byte{gzipName, gzipComment} {
		for c := byte(1); flags&flag != 0 && c != 0; {
			var err error
			if c, err = next(); err != nil {
				return damaged(err)
			}
		}
	}
	if flags&gzipHeaderCRC == 0 {
		return nil
	}
	var want [2]byte
	if _, err := io.ReadFull(g.in, want[:]); err != nil {
		return damaged(err)
	}
	if binary.LittleEndian.Uint16(want[:]) != uint16(sum) {
		return damage("gzip data damaged: the checksum (CRC) of the header does not agree", nil)
	}
	return nil
}

// damage returns an error about compressed data.
func damage(msg string, err error) *ParseError {
	return &ParseError{Msg: msg, Hint: "compress or copy the file again", Err: err}
}

// damaged describes an error of inflating; errors of reading are left alone.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	var internal flate.InternalError
	switch {
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return damage("gzip data truncated: unexpected EOF", io.ErrUnexpectedEOF)
	case errors.As(err, &corrupt), errors.As(err, &internal):
		return damage("gzip data damaged: "+err.Error(), err)
	}
	return err
}
