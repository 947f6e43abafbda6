package bundle

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"

	"eimtool/internal/dense"
)

// array is one array member: parts are its elements in C order, as they lie in
// the memory of the model.
type array struct {
	name  string
	num   number
	shape []int
	doc   string
	parts [][]byte
}

// encoder collects the array members of a model while it writes the tree.
type encoder struct{ arrays []array }

// value appends the JSON of v, which lies at path; f is the field that holds
// it. Numbers in slices become array members, whose names stand in the tree.
func (e *encoder) value(b []byte, v reflect.Value, path string, f field) ([]byte, error) {
	t := v.Type()
	if _, ok := isMatrix(t); ok {
		return e.matrix(b, v, path, f)
	}
	switch t.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return e.value(b, v.Elem(), path, f)
	case reflect.Struct:
		return e.object(b, v, path, f)
	case reflect.Slice:
		switch {
		case v.Len() == 0:
			return append(b, "null"...), nil
		case isVector(t) && !f.inline:
			n, _ := numberOf(t.Elem())
			return e.add(b, array{path, n, []int{v.Len()}, f.doc, [][]byte{rawBytes(v, n)}})
		case isVector(t.Elem()) && !f.inline && rectangular(v):
			return e.rows(b, v, path, f)
		}
		return e.list(b, v, path, f)
	case reflect.Array:
		f.inline = true
		return e.list(b, v, path, f)
	}
	return appendScalar(b, v, path)
}

func (e *encoder) add(b []byte, a array) ([]byte, error) {
	a.name += ".npy"
	e.arrays = append(e.arrays, a)
	return append(append(append(b, '"'), a.name...), '"'), nil
}

// rectangular reports whether all rows of v have the same nonzero length.
func rectangular(v reflect.Value) bool {
	n := v.Index(0).Len()
	for i := range v.Len() {
		if v.Index(i).Len() != n {
			return false
		}
	}
	return n > 0
}

func (e *encoder) rows(b []byte, v reflect.Value, path string, f field) ([]byte, error) {
	n, _ := numberOf(v.Type().Elem().Elem())
	a := array{path, n, []int{v.Len(), v.Index(0).Len()}, f.doc, nil}
	for i := range v.Len() {
		a.parts = append(a.parts, rawBytes(v.Index(i), n))
	}
	return e.add(b, a)
}

func (e *encoder) matrix(b []byte, v reflect.Value, path string, f field) ([]byte, error) {
	var rows, cols int
	switch m := v.Interface().(type) {
	case dense.Matrix[float64]:
		rows, cols = m.Rows, m.Cols
	case dense.Matrix[complex128]:
		rows, cols = m.Rows, m.Cols
	}
	data := v.FieldByName("Data")
	if rows < 0 || cols < 0 || data.Len() != rows*cols {
		return b, &TypeError{path, fmt.Sprintf("a %d×%d matrix has %d elements", rows, cols, data.Len())}
	}
	n, _ := numberOf(data.Type().Elem())
	return e.add(b, array{path, n, []int{rows, cols}, f.doc, [][]byte{rawBytes(data, n)}})
}

func (e *encoder) object(b []byte, v reflect.Value, path string, f field) ([]byte, error) {
	fs, err := fieldsOf(v.Type(), path)
	if err != nil {
		return b, err
	}
	b = append(b, '{')
	for i, g := range fs {
		if i > 0 {
			b = append(b, ',')
		}
		g.inline = g.inline || f.inline
		b = append(append(append(b, '"'), g.name...), `":`...)
		if b, err = e.value(b, v.Field(g.index), join(path, g.name), g); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (e *encoder) list(b []byte, v reflect.Value, path string, f field) ([]byte, error) {
	var err error
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = e.value(b, v.Index(i), join(path, strconv.Itoa(i)), f); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// appendScalar appends a string, boolean or number; a complex number is a pair.
func appendScalar(b []byte, v reflect.Value, path string) ([]byte, error) {
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), nil
	case v.CanInt():
		return strconv.AppendInt(b, v.Int(), 10), nil
	case v.CanUint():
		return strconv.AppendUint(b, v.Uint(), 10), nil
	case v.CanFloat():
		return appendFloat(b, v.Float(), v.Type().Bits()), nil
	case v.CanComplex():
		bits := v.Type().Bits() / 2
		b = appendFloat(append(b, '['), real(v.Complex()), bits)
		b = appendFloat(append(b, ','), imag(v.Complex()), bits)
		return append(b, ']'), nil
	}
	s := v.String()
	if !utf8.ValidString(s) {
		return b, &TypeError{path, fmt.Sprintf("string %q is not UTF-8", s)}
	}
	q, err := json.Marshal(s)
	return append(b, q...), err
}

// appendFloat appends the shortest decimal that reads back as x, or the string
// "NaN", "Inf" or "-Inf".
func appendFloat(b []byte, x float64, bits int) []byte {
	switch {
	case math.IsNaN(x):
		return append(b, `"NaN"`...)
	case math.IsInf(x, 1):
		return append(b, `"Inf"`...)
	case math.IsInf(x, -1):
		return append(b, `"-Inf"`...)
	}
	return strconv.AppendFloat(b, x, 'g', -1, bits)
}
