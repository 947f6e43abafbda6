package bundle

import (
	"encoding/binary"
)

// Constants of the ZIP format (PKWARE APPNOTE 6.3).
const (
	localSig     = 0x04034b50
	centralSig   = 0x02014b50
	endSig       = 0x06054b50
	end64Sig     = 0x06064b50
	locator64Sig = 0x07064b50
	descriptor   = 0x08074b50

	localLen     = 30
	centralLen   = 46
	endLen       = 22
	end64Len     = 56
	locator64Len = 20

	zip64Extra = 0x0001
	alignExtra = 0xd935 // u16 alignment, then zeros; ignored by every reader

	stored   = 0
	deflated = 8

	flagDescriptor = 1 << 3 // sizes and CRC follow the data
	fixedDate      = 1<<5 | 1
)

// alignment is that of every member's data in the file, in bytes.
const alignment = 64

// zip64From is the size or offset from which ZIP64 fields are written. ZIP
// asks for them from 4 GiB - 1; 3 GiB leaves room for what deflate may add to
// data that do not shrink.
const zip64From = 3 << 30

// entry is a member of the ZIP file. All bytes of the file that are not member
// data follow from the list of entries: layout writes them, and a reader
// compares them.
type entry struct {
	name   string
	method uint16
	crc    uint32
	csize  int64 // bytes in the file
	usize  int64 // bytes of content
	offset int64 // of the local header
}

// layout writes the structure of the ZIP file; from is zip64From, or less in tests.
type layout struct{ from int64 }

func (l layout) big(e entry) bool { return e.usize >= l.from }

func (l layout) version(e entry) uint16 {
	if l.big(e) || e.offset >= l.from {
		return 45
	}
	return 20
}

func (e entry) flags() uint16 {
	if e.method == deflated {
		return flagDescriptor
	}
	return 0
}

// local appends the local header of e, which ends at a multiple of alignment.
func (l layout) local(b []byte, e entry) []byte {
	le := binary.LittleEndian
	start := len(b)
	crc, csize, usize := e.crc, uint64(e.csize), uint64(e.usize)
	if e.method == deflated { // not known before the data
		crc, csize, usize = 0, 0, 0
	}
	extra := 0
	if l.big(e) {
		extra = 20
	}
	used := int(e.offset%alignment) + localLen + len(e.name) + extra + 6
	pad := roundUp(used, alignment) - used

	b = le.AppendUint32(b, localSig)
	b = le.AppendUint16(b, l.version(e))
	b = le.AppendUint16(b, e.flags())
	b = le.AppendUint16(b, e.method)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, fixedDate)
	b = le.AppendUint32(b, crc)
	if l.big(e) {
		b = le.AppendUint64(b, 1<<64-1)
	} else {
		b = le.AppendUint32(b, uint32(csize))
		b = le.AppendUint32(b, uint32(usize))
	}
	b = le.AppendUint16(b, uint16(len(e.name)))
	b = le.AppendUint16(b, uint16(extra+6+pad))
	b = append(b, e.name...)
	if l.big(e) {
		b = le.AppendUint16(b, zip64Extra)
		b = le.AppendUint16(b, 16)
		b = le.AppendUint64(b, usize)
		b = le.AppendUint64(b, csize)
	}
	b = le.AppendUint16(b, alignExtra)
	b = le.AppendUint16(b, uint16(2+pad))
	b = le.AppendUint16(b, alignment)
	b = append(b, make([]byte, pad)...)
	if (int(e.offset%alignment)+len(b)-start)%alignment != 0 {
		panic("bundle: local header is not aligned")
	}
	return b
}

// localSize returns the length of the local header of e.
func (l layout) localSize(e entry) int64 { return int64(len(l.local(nil, e))) }

// trailer appends what follows the data of e: the descriptor of a compressed member.
func (l layout) trailer(b []byte, e entry) []byte {
	if e.method != deflated {
		return b
	}
	le := binary.LittleEndian
	b = le.AppendUint32(b, descriptor)
	b = le.AppendUint32(b, e.crc)
	if l.big(e) {
		b = le.AppendUint64(b, uint64(e.csize))
		return le.AppendUint64(b, uint64(e.usize))
	}
	b = le.AppendUint32(b, uint32(e.csize))
	return le.AppendUint32(b, uint32(e.usize))
}

// directory appends the central directory and the end records. at is the
// offset of the directory in the file.
func (l layout) directory(b []byte, entries []entry, at int64) []byte {
	start := len(b)
	for _, e := range entries {
		b = l.central(b, e)
	}
	return l.end(b, len(entries), at, int64(len(b)-start))
}

func (l layout) central(b []byte, e entry) []byte {
	le := binary.LittleEndian
	big := l.big(e) || e.offset >= l.from
	extra := 0
	if big {
		extra = 28
	}
	b = le.AppendUint32(b, centralSig)
	b = le.AppendUint16(b, l.version(e)) // made by: MS-DOS attributes, none set
	b = le.AppendUint16(b, l.version(e))
	b = le.AppendUint16(b, e.flags())
	b = le.AppendUint16(b, e.method)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, fixedDate)
	b = le.AppendUint32(b, e.crc)
	if big {
		b = le.AppendUint64(b, 1<<64-1)
	} else {
		b = le.AppendUint32(b, uint32(e.csize))
		b = le.AppendUint32(b, uint32(e.usize))
	}
	b = le.AppendUint16(b, uint16(len(e.name)))
	b = le.AppendUint16(b, uint16(extra))
	b = append(b, make([]byte, 10)...) // comment length, disk, attributes
	if !big {
		b = le.AppendUint32(b, uint32(e.offset))
		return append(b, e.name...)
	}
	b = le.AppendUint32(b, 1<<32-1)
	b = append(b, e.name...)
	b = le.AppendUint16(b, zip64Extra)
	b = le.AppendUint16(b, 24)
	b = le.AppendUint64(b, uint64(e.usize))
	b = le.AppendUint64(b, uint64(e.csize))
	return le.AppendUint64(b, uint64(e.offset))
}

func (l layout) end(b []byte, count int, at, size int64) []byte {
	le := binary.LittleEndian
	big := count >= 1<<16-1 || at >= l.from || size >= l.from
	if big {
		b = le.AppendUint32(b, end64Sig)
		b = le.AppendUint64(b, end64Len-12)
		b = le.AppendUint16(b, 45)
		b = le.AppendUint16(b, 45)
		b = le.AppendUint64(b, 0) // disks
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(size))
		b = le.AppendUint64(b, uint64(at))

		b = le.AppendUint32(b, locator64Sig)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(at+size))
		b = le.AppendUint32(b, 1)
		count, at, size = 1<<16-1, 1<<32-1, 1<<32-1
	}
	b = le.AppendUint32(b, endSig)
	b = le.AppendUint32(b, 0) // disks
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint16(b, uint16(count))
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, uint32(at))
	return le.AppendUint16(b, 0)
}
