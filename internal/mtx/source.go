package mtx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	// blockSize is the length of the blocks of text that are parsed at a time:
	// small enough to stay in the cache of a core, with the numbers made of it.
	blockSize = 256 << 10
	// padding is the room after the text of a block, filled with line ends, in
	// which eight-byte loads and the search for the end of a number may run.
	padding = 32
	// maxCompressedLine bounds lines of compressed data, which may expand a
	// thousandfold.
	maxCompressedLine = 64 << 20
)

// source hands out text in blocks of whole lines.
type source struct {
	input   io.Reader // as given
	text    io.Reader // decompressed
	gzip    *gunzip   // nil for plain data
	size    int64     // length of the plain text if known, otherwise -1
	block   int       // length of blocks
	carry   []byte    // text read and not yet handed out
	read    int64     // length of the text read
	limit   int64     // most text, 0 for any
	ended   bool
	warning string // about the name of the file
}

// chunk is a stretch of whole lines: text ends with the line end, except at the
// end of a file without final one (cut). Padding follows in the same array.
type chunk struct {
	text []byte
	last bool // nothing follows
	cut  bool // the last line has no line end
}

// open finds out what r holds. name is empty when r has no file name.
func open(r io.Reader, name string, limit int64, tee io.Writer) (*source, *ParseError) {
	s := &source{text: r, size: -1, block: blockSize, limit: limit}
	if f, ok := r.(*os.File); ok {
		s.size = remaining(f)
	}
	if tee != nil {
		r = io.TeeReader(r, tee)
		s.text = r
	}
	s.input = r
	head, err := s.peek()
	if err != nil {
		return nil, err
	}
	named := strings.HasSuffix(strings.ToLower(name), ".gz")
	if !bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		if what := compressor(head); what != "" {
			return nil, &ParseError{Msg: "no banner: " + what + " data, not text or gzip", Hint: "decompress the file first"}
		}
		if named {
			s.warning = "file named .gz is not compressed"
		}
		if s.size >= 0 {
			s.block = int(min(blockSize, s.size+512))
		}
		return s, sniff(head)
	}
	if name != "" && !named {
		s.warning = "gzip data in a file not named .gz"
	}
	s.gzip = newGunzip(io.MultiReader(bytes.NewReader(head), r))
	s.text, s.carry, s.read, s.ended, s.size = s.gzip, nil, 0, false, -1
	s.block = 2 * blockSize // inflate is serial: hand it over less often
	if head, err = s.peek(); err != nil {
		return nil, err
	}
	return s, sniff(head)
}

// remaining returns how many bytes of a regular file follow, otherwise -1.
func remaining(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil || at > info.Size() {
		return -1
	}
	return info.Size() - at
}

// peek reads the first bytes of the text and keeps them for the first block.
func (s *source) peek() ([]byte, *ParseError) {
	head := make([]byte, 512)
	n, err := s.fill(head)
	if err != nil {
		return nil, err
	}
	s.carry = head[:n]
	return s.carry, nil
}

// fill reads until p is full or the text ends.
func (s *source) fill(p []byte) (int, *ParseError) {
	n := 0
	for n < len(p) && !s.ended {
		k, err := s.text.Read(p[n:])
		n += k
		s.read += int64(k)
		switch {
		case err == io.EOF:
			s.ended = true
		case err != nil:
			return n, readError(err)
		case s.limit > 0 && s.read > s.limit:
			return n, &ParseError{
				Msg:  fmt.Sprintf("more than %d bytes of text", s.limit),
				Hint: "the limit protects the memory; raise it if the file is meant to be this large",
			}
		}
	}
	return n, nil
}

// readError turns an error of reading into a ParseError.
func readError(err error) *ParseError {
	var p *ParseError
	if errors.As(err, &p) {
		return p
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &ParseError{Msg: "cannot be read: " + err.Error(), Err: err}
}

// next returns the next block of whole lines in buf, which it enlarges when a
// line does not fit. A block without text is the end.
func (s *source) next(buf []byte) (chunk, []byte, *ParseError) {
	if want := max(s.block, len(s.carry)) + padding; len(buf) < want {
		buf = make([]byte, want)
	}
	n := copy(buf, s.carry)
	s.carry = s.carry[:0]
	for searched := 0; ; {
		k, err := s.fill(buf[n : len(buf)-padding])
		if err != nil {
			return chunk{}, buf, err
		}
		n += k
		end := bytes.LastIndexByte(buf[searched:n], '\n') + searched + 1
		if end > searched || s.ended {
			last := s.ended && n < len(buf)-padding
			c := chunk{last: last}
			if last {
				c.cut = n > 0 && buf[n-1] != '\n'
				end = n
			} else if end <= searched {
				end = 0
			}
			if end > 0 || last {
				s.carry = append(s.carry, buf[end:n]...)
				c.text = buf[:end]
				for k := range padding {
					buf[end+k] = '\n'
				}
				return c, buf, nil
			}
		}
		searched = n
		if s.gzip != nil && n > maxCompressedLine {
			return chunk{}, buf, &ParseError{
				Msg:  fmt.Sprintf("gzip data expand to a line of more than %d bytes", maxCompressedLine),
				Hint: "if this is meant, decompress the file first",
			}
		}
		buf = append(buf, make([]byte, len(buf))...)
	}
}

// bomb refuses compressed data that expand to entries of so much memory, out of
// proportion to what was read: no matrix of use compresses like that.
func (s *source) bomb(memory int64) *ParseError {
	const free, ratio = 128 << 20, 64
	if s.gzip == nil || memory <= free+ratio*s.gzip.compressed() {
		return nil
	}
	return &ParseError{
		Msg:  fmt.Sprintf("%d bytes of gzip data expand to entries of more than %d bytes", s.gzip.compressed(), memory),
		Hint: "if this is meant, decompress the file first",
	}
}

// verify returns the error to report when the text gave err: damage of the
// compressed data, which explains any nonsense in the text, comes first. To find
// it the rest of the data is inflated.
func (s *source) verify(ctx context.Context, err *ParseError) *ParseError {
	const most = 1 << 30
	if s.gzip == nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for n := 0; s.gzip.damage == nil && n < most && ctx.Err() == nil; {
		k, err := s.gzip.Read(buf)
		if err != nil {
			break
		}
		n += k
	}
	if s.gzip.damage != nil {
		return s.gzip.damage
	}
	return err
}

// compressor names the program that wrote data with this beginning, empty when
// it is not known.
func compressor(head []byte) string {
	for _, m := range [...]struct{ magic, name string }{
		{"BZh", "bzip2"},
		{"\xfd7zXZ\x00", "xz"},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"PK\x03\x04", "zip"},
		{"\x04\x22\x4d\x18", "lz4"},
		{"7z\xbc\xaf\x27\x1c", "7z"},
		{"\x1f\x9d", "compress"},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.name
		}
	}
	return ""
}

// hasBanner reports whether text begins as a banner in any tolerated spelling.
func hasBanner(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), " \t")
	for _, word := range []string{"%%MatrixMarket", "%MatrixMarket"} {
		if len(text) >= len(word) && strings.EqualFold(string(text[:len(word)]), word) {
			return true
		}
	}
	return false
}

// sniff refuses text that cannot be a matrix file before any line is sought in
// it. Whether the banner is right is decided later.
func sniff(head []byte) *ParseError {
	fail := func(msg, hint string) *ParseError { return &ParseError{Line: 1, Msg: msg, Hint: hint} }
	switch {
	case len(head) == 0:
		return fail("no banner: the file is empty", bannerHint)
	case hasBanner(head), len(bytes.Trim(head, " \t")) == 0:
		return nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return fail("no banner: gzip data inside gzip data, compressed twice", "decompress the file once")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}),
		bytes.HasPrefix(head, []byte("%\x00")), bytes.HasPrefix(head, []byte("\x00%")):
		return fail("no banner: UTF-16 encoding", "convert the text to ASCII or UTF-8")
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return fail("no banner: a tar archive", "unpack the matrix file first")
	}
	if what := compressor(head); what != "" {
		return fail("no banner: "+what+" data", "decompress the file first")
	}
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	line = trimReturn(line)
	if len(bytes.Trim(line, " \t")) == 0 {
		return fail("banner expected on the first line, which is blank", bannerHint)
	}
	return fail("no Matrix Market banner: the file begins with "+quote(line), bannerHint)
}
