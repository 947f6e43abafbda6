// Package bundle writes and reads the file in which a reduced model is kept: a
// valid NumPy .npz file whose arrays can be mapped to memory, which notices
// every flipped byte, and whose bytes depend on its content alone.
//
// It knows nothing of models: a model comes as a pointer to a struct of plain
// data (of package surrogate, in this program) and is walked by reflection. It
// chooses no file names and replaces no files: package safefile does. The
// commands of cmd/eimtool call both.
//
// # File
//
// A bundle is a ZIP file (PKWARE APPNOTE 6.3) in one of its many forms:
//
//	member            method            content
//	PATH.npy ...      stored, deflated  arrays of the model, in the order of its fields
//	block_crc32c.npy  stored            '<u4' (B): CRC-32C of the blocks of all arrays
//	meta.json         stored            see below
//	central directory, end record
//
//	detail            rule
//	local header      an extra field 0xD935 (u16 alignment 64, zeros) pads it so
//	                  that the content begins at a multiple of 64 bytes
//	date, attributes  1980-01-01 00:00, none
//	stored            CRC-32 and sizes in the local header
//	deflated          with the option Compress: zeros there, flag bit 3, and a
//	                  data descriptor with signature after the data
//	ZIP64             extra field 0x0001 for members whose content (in the
//	                  directory: or offset) is 3 GiB or more; ZIP64 end record
//	                  and locator for a directory at or of 3 GiB or more, or of
//	                  65535 members or more
//	order             members without gaps from byte 0, directory, end record
//	                  without comment as the last bytes
//
// All bytes that are not content follow from the list of members: readers
// write them anew and compare, so a flipped byte, a gap or anything before or
// after the file is an error, and each CRC-32 is known twice.
//
// # Arrays
//
// An array is a .npy file of version 1.0 in C order, its header padded to a
// multiple of 64 bytes, so that its elements are aligned to 64 bytes as well:
//
//	dtype                         Go element, in [] or [][]
//	<f8 <f4                       float64, float32
//	<c16 <c8                      complex128, complex64: real, imaginary part
//	<i8 <i4 <i2 |i1               int and int64, int32, int16, int8
//	<u8 <u4 <u2 |u1               uint and uint64, uint32, uint16, uint8
//	|b1                           bool, 0 or 1
//
//	shape (n)                     []T
//	shape (n, m), m > 0           [][]T with rows of equal length
//	shape (n, m)                  dense.Matrix[float64], dense.Matrix[complex128]
//
// The content of each array, header included, is divided in blocks of 1 MiB
// (the last may be shorter). block_crc32c.npy has the CRC-32C (Castagnoli) of
// each block of the uncompressed content, arrays in the order of the file.
//
// # meta.json
//
//	key           meaning
//	format        version of the format, the first key in every version
//	tool_version  of the program that wrote the file
//	options       the normalised options of the run: nothing of time, threads, memory, folders
//	errors        the errors measured
//	inputs        [{name, bytes, crc32c}]: input files, or null
//	members       [{name, dtype, shape, doc}]: the arrays in the order of the file
//	model         tree of the model, below
//
// The struct is an object with one key per field, in order. The key is the
// field's name in lower_snake_case, or NAME of a tag `bundle:"NAME"`;
// `bundle:"-"` leaves a field out, and only so can a field be unexported. Keys
// joined by '/' make paths; elements of lists count from 0.
//
//	Go                            JSON
//	string, bool, numbers         the same; floats in shortest form that reads back
//	                              exactly; "NaN", "Inf", "-Inf"
//	complex                       [real, imaginary]
//	[]T, [][]T, matrices          name of the array member: path + ".npy"
//	[]T tagged ",inline", [n]T    list of numbers
//	[][]T, rows not of one        list of names, null for empty rows
//	length, or all empty
//	other slices                  list
//	struct, also embedded         object
//	pointer                       null, or what it points to
//	empty slice                   null: nil and empty slices are the same
//	`doc:"..."` tag of a field    one line of meaning in members
//
// Other types (maps, interfaces, functions, recursive structs, pointers to
// slices) are refused. A key that a struct lacks is refused, because what it
// means would be lost; a field that the file lacks is zero.
//
// # Reading
//
// Open checks structure, the CRC-32 of meta.json and of the block index, and
// the headers of stored arrays. Data are checked by block when they are first
// used, compressed members wholly. Verify reads all. Sizes and shapes are
// compared with what the file can hold before memory is taken for them: a
// member claims at most 1032 times its compressed bytes (the most that deflate
// can do) and all compressed members of a file together at most 1 GiB, or 64
// times the file where that is more.
//
// # Versions
//
//	1  the first
//
// A file of a later version is refused by a *VersionError, whatever else has
// changed in it, as long as it is a ZIP file with a stored meta.json.
package bundle

// Format is the version of the format that Write writes, and the newest that
// a Reader accepts.
const Format = 1
