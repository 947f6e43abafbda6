package bundle

import (
	"encoding/binary"
	"hash/crc32"
)

// blockSize is the length of the blocks that have a CRC-32C each. Blocks are
// counted from the first byte of a member's content, its .npy header included.
const blockSize = 1 << 20

const (
	indexName = "block_crc32c.npy"
	metaName  = "meta.json"
)

// castagnoli returns the table of CRC-32C; the standard library makes it once
// and recognises it, so that the machine's instruction is used.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// blockCount returns the number of blocks of n bytes.
func blockCount(n int64) int64 { return (n + blockSize - 1) / blockSize }

// blockSums computes the CRC-32 of what is written to it and the CRC-32C of
// each block.
type blockSums struct {
	crc   uint32
	block uint32
	fill  int
	done  []uint32
}

func (s *blockSums) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		c := p[:min(len(p), blockSize-s.fill)]
		p = p[len(c):]
		s.crc = crc32.Update(s.crc, crc32.IEEETable, c)
		s.block = crc32.Update(s.block, castagnoli(), c)
		if s.fill += len(c); s.fill == blockSize {
			s.done = append(s.done, s.block)
			s.block, s.fill = 0, 0
		}
	}
	return n, nil
}

// appendTo appends the CRC-32C of all blocks, the last of which may be short.
func (s *blockSums) appendTo(b []uint32) []uint32 {
	b = append(b, s.done...)
	if s.fill > 0 {
		b = append(b, s.block)
	}
	return b
}

// indexBytes returns the content of the block index member.
func indexBytes(sums []uint32) []byte {
	b := npyHeader("<u4", []int{len(sums)})
	for _, s := range sums {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return b
}

// inflateLimit returns how many bytes the compressed members of a bundle of n
// bytes may hold together: 1 GiB, or 64 times the file where that is more.
func inflateLimit(n int64) int64 { return max(1<<30, 64*n) }
