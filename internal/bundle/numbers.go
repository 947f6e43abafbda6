package bundle

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// number describes the storage of one kind of number.
type number struct {
	dtype string // NumPy dtype
	size  int    // bytes per element in the file
	word  int    // bytes per word for the byte order: half of size for complex numbers
}

// numberOf returns the storage of type t, false when t is not a number.
func numberOf(t reflect.Type) (number, bool) {
	switch t.Kind() {
	case reflect.Bool:
		return number{"|b1", 1, 1}, true
	case reflect.Int8:
		return number{"|i1", 1, 1}, true
	case reflect.Uint8:
		return number{"|u1", 1, 1}, true
	case reflect.Int16:
		return number{"<i2", 2, 2}, true
	case reflect.Uint16:
		return number{"<u2", 2, 2}, true
	case reflect.Int32:
		return number{"<i4", 4, 4}, true
	case reflect.Uint32:
		return number{"<u4", 4, 4}, true
	case reflect.Int, reflect.Int64:
		return number{"<i8", 8, 8}, true
	case reflect.Uint, reflect.Uint64:
		return number{"<u8", 8, 8}, true
	case reflect.Float32:
		return number{"<f4", 4, 4}, true
	case reflect.Float64:
		return number{"<f8", 8, 8}, true
	case reflect.Complex64:
		return number{"<c8", 8, 4}, true
	case reflect.Complex128:
		return number{"<c16", 16, 8}, true
	}
	return number{}, false
}

// numberNamed returns the storage with the given dtype, false when unknown.
func numberNamed(dtype string) (number, bool) {
	for _, t := range []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[uint8](), reflect.TypeFor[int16](),
		reflect.TypeFor[uint16](), reflect.TypeFor[int32](), reflect.TypeFor[uint32](), reflect.TypeFor[int64](),
		reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[complex64](),
		reflect.TypeFor[complex128](),
	} {
		if n, _ := numberOf(t); n.dtype == dtype {
			return n, true
		}
	}
	return number{}, false
}

// littleEndian reports whether memory has the byte order of the file.
func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// swapWords reverses the bytes of every word of b in place.
func swapWords(b []byte, word int) {
	for ; len(b) >= word; b = b[word:] {
		slices.Reverse(b[:word])
	}
}

// rawBytes returns the bytes of the slice v in memory, sharing its storage
// unless its elements are narrower here than in the file (int on 32 bits).
func rawBytes(v reflect.Value, n number) []byte {
	if v.Len() == 0 {
		return nil
	}
	if int(v.Type().Elem().Size()) == n.size {
		return unsafe.Slice((*byte)(v.UnsafePointer()), v.Len()*n.size)
	}
	b := make([]byte, 0, v.Len()*n.size)
	for i := range v.Len() {
		if e := v.Index(i); e.CanInt() {
			b = binary.NativeEndian.AppendUint64(b, uint64(e.Int()))
		} else {
			b = binary.NativeEndian.AppendUint64(b, e.Uint())
		}
	}
	return b
}

// sliceAt returns the count numbers of the file's bytes b as a slice of type
// t, sharing b where memory and file agree. b must be aligned to 8 bytes.
func sliceAt(t reflect.Type, b []byte, n number) (reflect.Value, error) {
	count := len(b) / n.size
	if count == 0 {
		return reflect.Zero(t), nil
	}
	e := t.Elem()
	if e.Kind() == reflect.Bool {
		return boolsOf(t, b)
	}
	if n.word > 1 && !littleEndian() {
		b = alignedCopy(b)
		swapWords(b, n.word)
	}
	if int(e.Size()) == n.size {
		s := reflect.SliceAt(e, unsafe.Pointer(&b[0]), count)
		if s.Type() != t {
			s = s.Convert(t)
		}
		return s.Slice3(0, count, count), nil
	}
	s := reflect.MakeSlice(t, count, count)
	for i := range count {
		w, v := binary.NativeEndian.Uint64(b[i*8:]), s.Index(i)
		if v.CanInt() && !v.OverflowInt(int64(w)) {
			v.SetInt(int64(w))
		} else if v.CanUint() && !v.OverflowUint(w) {
			v.SetUint(w)
		} else {
			return s, fmt.Errorf("element %d does not fit %v on this machine", i, e)
		}
	}
	return s, nil
}

// boolsOf copies bytes that must be 0 or 1 to a slice of booleans.
func boolsOf(t reflect.Type, b []byte) (reflect.Value, error) {
	s := reflect.MakeSlice(t, len(b), len(b))
	for i, c := range b {
		if c > 1 {
			return s, fmt.Errorf("element %d is %d, not a boolean", i, c)
		}
		s.Index(i).SetBool(c == 1)
	}
	return s, nil
}

// alignedCopy returns a copy of b, aligned to 8 bytes.
func alignedCopy(b []byte) []byte {
	c := alignedBytes(len(b))
	copy(c, b)
	return c
}

// alignedBytes returns n zero bytes, aligned to 8 bytes.
func alignedBytes(n int) []byte {
	if n == 0 {
		return nil
	}
	w := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), n)
}
