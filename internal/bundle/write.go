package bundle

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// WriteOptions are the options of Write; the zero value stores members as they are.
type WriteOptions struct {
	Compress bool // deflate the array members: for archiving, such a file is not mapped
}

// Meta is what a bundle says about itself. It holds nothing that depends on
// time, place, memory or threads: equal work gives equal bytes.
type Meta struct {
	// Format is the version of the format, set by Write.
	Format int
	// ToolVersion is the version of the program that wrote the bundle.
	ToolVersion string
	// Options and Errors are any values that encoding/json accepts: the
	// normalised options of the run and the errors it measured. A Reader
	// returns them as json.RawMessage.
	Options, Errors any
	// Inputs are the input files in the order of the samples.
	Inputs []Input
}

// Input identifies an input file by content.
type Input struct {
	Name   string `json:"name"` // without folder
	Bytes  int64  `json:"bytes"`
	CRC32C uint32 `json:"crc32c"`
}

// metaFile is the JSON of meta.json. Its first key is the format, in every version.
type metaFile struct {
	Format      int             `json:"format"`
	ToolVersion string          `json:"tool_version"`
	Options     json.RawMessage `json:"options"`
	Errors      json.RawMessage `json:"errors"`
	Inputs      []Input         `json:"inputs"`
	Members     []memberRecord  `json:"members"`
	Model       json.RawMessage `json:"model"`
}

type memberRecord struct {
	Name  string `json:"name"`
	Dtype string `json:"dtype"`
	Shape []int  `json:"shape"`
	Doc   string `json:"doc,omitempty"`
}

// Write writes model, a pointer to a struct, as a bundle and returns the
// number of bytes. The package comment says which Go types a model may hold
// and what becomes of them. Equal models, meta and options give equal bytes.
func Write(w io.Writer, meta Meta, model any, opt WriteOptions) (int64, error) {
	return layout{zip64From}.write(w, meta, model, opt)
}

func (l layout) write(w io.Writer, meta Meta, model any, opt WriteOptions) (int64, error) {
	v, err := checkModel(model)
	if err != nil {
		return 0, err
	}
	var enc encoder
	tree, err := enc.value(nil, v, "", field{})
	if err != nil {
		return 0, err
	}
	buf := bufio.NewWriterSize(w, 1<<16)
	zw := &zipWriter{layout: l, w: buf, compress: opt.Compress}
	mf, err := newMetaFile(meta, enc.arrays, tree)
	if err != nil {
		return 0, err
	}
	for _, a := range enc.arrays {
		if err := zw.array(a); err != nil {
			return zw.at, fmt.Errorf("bundle: writing %s: %w", a.name, err)
		}
	}
	if err := zw.close(mf); err != nil {
		return zw.at, fmt.Errorf("bundle: %w", err)
	}
	return zw.at, buf.Flush()
}

// newMetaFile builds meta.json.
func newMetaFile(meta Meta, arrays []array, tree []byte) ([]byte, error) {
	if meta.Format != 0 && meta.Format != Format {
		return nil, fmt.Errorf("bundle: cannot write format %d, only %d", meta.Format, Format)
	}
	f := metaFile{Format: Format, ToolVersion: meta.ToolVersion, Inputs: meta.Inputs, Model: tree}
	var err error
	if f.Options, err = json.Marshal(meta.Options); err != nil {
		return nil, fmt.Errorf("bundle: options: %w", err)
	}
	if f.Errors, err = json.Marshal(meta.Errors); err != nil {
		return nil, fmt.Errorf("bundle: errors: %w", err)
	}
	f.Members = make([]memberRecord, len(arrays))
	for i, a := range arrays {
		if a.name == indexName {
			return nil, &TypeError{indexName, "this name is reserved"}
		}
		f.Members[i] = memberRecord{a.name, a.num.dtype, a.shape, a.doc}
	}
	return json.Marshal(f)
}

// zipWriter writes members one after the other.
type zipWriter struct {
	layout
	w        *bufio.Writer
	compress bool
	flate    *flate.Writer // reused, for its tables are large
	at       int64         // bytes written
	usize    int64         // content of the compressed members
	entries  []entry
	index    []uint32 // CRC-32C of the blocks of all array members
}

func (z *zipWriter) Write(p []byte) (int, error) {
	n, err := z.w.Write(p)
	z.at += int64(n)
	return n, err
}

// array writes one array member. A stored member is read twice: its header
// has the CRC of the data that follow.
func (z *zipWriter) array(a array) error {
	header := npyHeader(a.num.dtype, a.shape)
	size := int64(len(header))
	for _, p := range a.parts {
		size += int64(len(p))
	}
	var sums blockSums
	e := entry{name: a.name, usize: size, csize: size, offset: z.at}
	if !z.compress {
		if err := a.writeTo(&sums, header); err != nil {
			return err
		}
		e.crc = sums.crc
		z.index = sums.appendTo(z.index)
		return z.stored(e, func() error { return a.writeTo(z, header) })
	}
	e.method = deflated
	if _, err := z.Write(z.local(nil, e)); err != nil {
		return err
	}
	start := z.at
	if err := z.deflate(a, header, &sums); err != nil {
		return err
	}
	e.crc, e.csize = sums.crc, z.at-start
	z.index = sums.appendTo(z.index)
	z.usize += e.usize
	z.entries = append(z.entries, e)
	_, err := z.Write(z.trailer(nil, e))
	return err
}

// deflate writes the compressed content of a, and as it is to sums.
func (z *zipWriter) deflate(a array, header []byte, sums io.Writer) error {
	if z.flate == nil {
		fw, err := flate.NewWriter(z, flate.DefaultCompression)
		if err != nil {
			return err
		}
		z.flate = fw
	}
	z.flate.Reset(z)
	if err := a.writeTo(io.MultiWriter(sums, z.flate), header); err != nil {
		return err
	}
	return z.flate.Close()
}

// stored writes the local header of e and then its content.
func (z *zipWriter) stored(e entry, content func() error) error {
	if _, err := z.Write(z.local(nil, e)); err != nil {
		return err
	}
	z.entries = append(z.entries, e)
	return content()
}

// bytes writes a stored member that is in memory.
func (z *zipWriter) bytes(name string, b []byte) error {
	n := int64(len(b))
	e := entry{name: name, usize: n, csize: n, offset: z.at, crc: crc32.ChecksumIEEE(b)}
	return z.stored(e, func() error { _, err := z.Write(b); return err })
}

// close writes the block index, meta.json and the central directory.
func (z *zipWriter) close(meta []byte) error {
	if err := z.bytes(indexName, indexBytes(z.index)); err != nil {
		return err
	}
	if err := z.bytes(metaName, meta); err != nil {
		return err
	}
	at := z.at
	if _, err := z.Write(z.directory(nil, z.entries, at)); err != nil {
		return err
	}
	if limit := inflateLimit(z.at); z.usize > limit {
		return fmt.Errorf("the members shrink from %d to %d bytes, more than readers accept (%d): write without compression", z.usize, z.at, limit)
	}
	return nil
}

// writeTo writes the header and the elements in the byte order of the file.
func (a array) writeTo(w io.Writer, header []byte) error {
	if _, err := w.Write(header); err != nil {
		return err
	}
	swap := a.num.word > 1 && !littleEndian()
	for _, p := range a.parts {
		for len(p) > 0 {
			c := p[:min(len(p), blockSize)]
			p = p[len(c):]
			if swap {
				c = append([]byte(nil), c...)
				swapWords(c, a.num.word)
			}
			if _, err := w.Write(c); err != nil {
				return err
			}
		}
	}
	return nil
}
