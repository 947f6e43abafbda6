package bundle

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
)

// parseDirectory reads the end records and the central directory, believing them
// as far as needed to find the members. structure compares every byte later.
func (r *Reader) parseDirectory() (entries []entry, at int64, err error) {
	if r.size < endLen {
		return nil, 0, r.foreign()
	}
	le := binary.LittleEndian
	endAt := r.size - endLen
	end, err := r.readAt(endAt, endLen)
	if err != nil {
		return nil, 0, err
	}
	if le.Uint32(end) != endSig {
		return nil, 0, r.foreign()
	}
	count, size, start := uint64(le.Uint16(end[10:])), uint64(le.Uint32(end[12:])), uint64(le.Uint32(end[16:]))
	dirEnd := uint64(endAt)
	if count == 1<<16-1 || size == 1<<32-1 || start == 1<<32-1 {
		const recs = end64Len + locator64Len
		if endAt < recs {
			return nil, 0, r.corrupt("", endAt, "the ZIP64 end record is missing")
		}
		e64, err := r.readAt(endAt-recs, recs)
		if err != nil {
			return nil, 0, err
		}
		if le.Uint32(e64) != end64Sig {
			return nil, 0, r.corrupt("", endAt-recs, "no ZIP64 end record here")
		}
		count, size, start = le.Uint64(e64[32:]), le.Uint64(e64[40:]), le.Uint64(e64[48:])
		dirEnd -= recs
	}
	if size > dirEnd || start != dirEnd-size || count > size/centralLen {
		return nil, 0, r.corrupt("", endAt, "the end record places %d bytes of central directory at %d, but it must end at %d", size, start, dirEnd)
	}
	dir, err := r.readAt(int64(start), int64(size))
	if err != nil {
		return nil, 0, err
	}
	entries, err = r.parseEntries(dir, int64(start), int(count))
	return entries, int64(start), err
}

// foreign tells a damaged bundle from a file of another kind.
func (r *Reader) foreign() error {
	head, err := r.readAt(0, min(4, r.size))
	if err != nil {
		return err
	}
	if len(head) == 4 && binary.LittleEndian.Uint32(head) == localSig {
		return r.corrupt("", r.size, "the file does not end with a ZIP end record: it is truncated, or something was appended")
	}
	return r.notBundle("the file is not an .npz (ZIP) file")
}

func (r *Reader) parseEntries(dir []byte, at int64, count int) ([]entry, error) {
	le := binary.LittleEndian
	rest := dir
	list := make([]entry, 0, count)
	for i := range count {
		pos := at + int64(len(dir)-len(rest))
		if len(rest) < centralLen || le.Uint32(rest) != centralSig {
			return nil, r.corrupt("", pos, "no central directory entry for member %d of %d", i+1, count)
		}
		nameLen, extraLen := int(le.Uint16(rest[28:])), int(le.Uint16(rest[30:]))
		if len(rest) < centralLen+nameLen+extraLen {
			return nil, r.corrupt("", pos, "central directory entry %d is cut short", i+1)
		}
		name, extra := rest[centralLen:centralLen+nameLen], rest[centralLen+nameLen:centralLen+nameLen+extraLen]
		csize, usize, offset := uint64(le.Uint32(rest[20:])), uint64(le.Uint32(rest[24:])), uint64(le.Uint32(rest[42:]))
		if len(extra) == 28 {
			usize, csize, offset = le.Uint64(extra[4:]), le.Uint64(extra[12:]), le.Uint64(extra[20:])
		}
		if csize > uint64(r.size) || offset > uint64(r.size) || usize > math.MaxInt64/2 {
			return nil, r.corrupt(string(name), pos, "the central directory gives %d bytes at %d, in a file of %d bytes", csize, offset, r.size)
		}
		list = append(list, entry{
			name: string(name), method: le.Uint16(rest[10:]), crc: le.Uint32(rest[16:]),
			csize: int64(csize), usize: int64(usize), offset: int64(offset),
		})
		rest = rest[centralLen+nameLen+extraLen:]
	}
	if len(rest) > 0 {
		return nil, r.corrupt("", at+int64(len(dir)-len(rest)), "%d bytes are left over in the central directory", len(rest))
	}
	return list, nil
}

// readMeta finds meta.json, checks its CRC and the version of the format, and
// parses it. It comes before structure, so that a later format, which may lay
// out the file differently, is refused as such.
func (r *Reader) readMeta(entries []entry) error {
	var e entry
	for _, c := range entries {
		if c.name == metaName {
			e = c
		}
	}
	if e.name == "" {
		return r.notBundle("this .npz file has no " + metaName)
	}
	if e.method != stored || e.usize != e.csize || e.offset > r.size-localLen {
		return r.corrupt(metaName, e.offset, "the member is not stored as a bundle stores it")
	}
	local, err := r.readAt(e.offset, localLen)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	at := e.offset + localLen + int64(le.Uint16(local[26:])) + int64(le.Uint16(local[28:]))
	if at > r.size-e.usize {
		return r.corrupt(metaName, at, "%d bytes do not fit in the file", e.usize)
	}
	b, err := r.readAt(at, e.usize)
	if err != nil {
		return err
	}
	if sum := crc32.ChecksumIEEE(b); sum != e.crc {
		return r.corrupt(metaName, at, "CRC-32 is %08x, recorded is %08x", sum, e.crc)
	}
	var head struct {
		Format      *int   `json:"format"`
		ToolVersion string `json:"tool_version"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Format == nil {
		return r.notBundle(metaName + " does not state a format")
	}
	if *head.Format < 1 || *head.Format > Format {
		return &VersionError{r.path, *head.Format, Format, head.ToolVersion}
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r.meta); err != nil {
		return r.corrupt(metaName, at, "not the JSON of a bundle: %v", err)
	}
	return nil
}

// structure checks every byte of the file that is not member data: the file
// must be what a writer makes of the entries, without gaps and leftovers.
func (r *Reader) structure(entries []entry, at int64) error {
	if err := r.expect("", at, r.layout.directory(nil, entries, at)); err != nil {
		return err
	}
	pos, inflated := int64(0), int64(0)
	for _, e := range entries {
		if e.offset != pos {
			return r.corrupt(e.name, e.offset, "the member begins here, but the one before it ends at %d", pos)
		}
		switch {
		case e.method == stored && e.csize == e.usize:
		case e.method == deflated && e.usize <= maxRatio*e.csize:
			inflated += e.usize
		default:
			return r.corrupt(e.name, pos, "method %d with %d bytes for %d cannot be", e.method, e.csize, e.usize)
		}
		if limit := inflateLimit(r.size); inflated > limit {
			return r.corrupt(e.name, pos, "the members would inflate to more than %d bytes", limit)
		}
		local := r.local(nil, e)
		if err := r.expect(e.name, pos, local); err != nil {
			return err
		}
		pos += int64(len(local)) + e.csize
		trailer := r.trailer(nil, e)
		if err := r.expect(e.name, pos, trailer); err != nil {
			return err
		}
		pos += int64(len(trailer))
	}
	if pos != at {
		return r.corrupt("", pos, "the members end here, but the central directory begins at %d", at)
	}
	return nil
}

// maxRatio bounds what deflate can make of a byte: 258 bytes from two bits.
const maxRatio = 1032

// expect compares the file at an offset with the bytes that must be there.
func (r *Reader) expect(member string, at int64, want []byte) error {
	if at > r.size-int64(len(want)) {
		return r.corrupt(member, at, "%d bytes of the ZIP structure do not fit in the file", len(want))
	}
	got, err := r.readAt(at, int64(len(want)))
	if err != nil {
		return err
	}
	for i := range want {
		if got[i] != want[i] {
			return r.corrupt(member, at+int64(i), "found byte %#02x, expected %#02x", got[i], want[i])
		}
	}
	return nil
}

func (r *Reader) notBundle(reason string) error {
	return fmt.Errorf("%s%w: %s", r.prefix(), ErrNotBundle, reason)
}
