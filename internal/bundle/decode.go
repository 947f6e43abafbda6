package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"eimtool/internal/dense"
)

// Decode fills v, a pointer to a struct of the type that Write was given (or
// one that has gained fields since). Fields that the bundle does not have
// become zero; what the bundle has and v does not is refused, as are numbers
// of another type. Fields tagged "-" are left alone.
//
// Arrays share the mapped file: they must not be written to, and not be used
// after Close. Their blocks are verified before Decode returns. The paths
// lazy, such as "real/values", name fields of type [][]T or dense.Matrix that
// are not read: they get the right number of nil rows, or their shape without
// data, for Fetch or Rows to complete. A lazy path that the bundle does not
// have is ignored.
func (r *Reader) Decode(v any, lazy ...string) error {
	s, err := checkModel(v)
	if err != nil {
		return err
	}
	return (&decoder{r, lazy}).value(r.meta.Model, s, "", field{})
}

type decoder struct {
	r    *Reader
	lazy []string
}

// mismatch is the error of a value in the tree that does not fit the model.
func (d *decoder) mismatch(path, format string, args ...any) error {
	return fmt.Errorf("%s%w", d.r.prefix(), &TypeError{path, fmt.Sprintf(format, args...)})
}

func (d *decoder) value(raw json.RawMessage, v reflect.Value, path string, f field) error {
	t := v.Type()
	if len(raw) == 0 || string(raw) == "null" {
		d.clear(v, path)
		return nil
	}
	if _, ok := isMatrix(t); ok {
		return d.matrix(raw, v, path)
	}
	switch t.Kind() {
	case reflect.Pointer:
		p := reflect.New(t.Elem())
		v.Set(p)
		return d.value(raw, p.Elem(), path, f)
	case reflect.Struct:
		return d.object(raw, v, path, f)
	case reflect.Slice:
		if raw[0] == '"' && isVector(t) {
			return d.vector(raw, v, path)
		}
		if raw[0] == '"' && isVector(t.Elem()) {
			return d.rows(raw, v, path)
		}
		return d.list(raw, v, path, f)
	case reflect.Array:
		return d.list(raw, v, path, f)
	}
	return d.scalar(raw, v, path)
}

// clear sets v to zero, but for fields that are no part of the bundle.
func (d *decoder) clear(v reflect.Value, path string) {
	if _, ok := isMatrix(v.Type()); ok || v.Kind() != reflect.Struct {
		v.SetZero()
		return
	}
	fs, err := fieldsOf(v.Type(), path)
	if err != nil {
		return // checkModel has seen to it
	}
	for _, f := range fs {
		d.clear(v.Field(f.index), path)
	}
}

func (d *decoder) object(raw json.RawMessage, v reflect.Value, path string, f field) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return d.mismatch(path, "the bundle does not hold an object here")
	}
	fs, err := fieldsOf(v.Type(), path)
	if err != nil {
		return err
	}
	for _, g := range fs {
		g.inline = g.inline || f.inline
		if err := d.value(m[g.name], v.Field(g.index), join(path, g.name), g); err != nil {
			return err
		}
		delete(m, g.name)
	}
	if len(m) == 0 {
		return nil
	}
	unknown := ""
	for name := range m { // the least name, whatever the order
		if unknown == "" || name < unknown {
			unknown = name
		}
	}
	return d.mismatch(join(path, unknown), "not known to this program; use the eimtool that wrote the bundle (%s)", d.r.meta.ToolVersion)
}

func (d *decoder) list(raw json.RawMessage, v reflect.Value, path string, f field) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return d.mismatch(path, "the bundle does not hold a list here")
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	} else if v.Len() != len(items) {
		return d.mismatch(path, "the bundle holds %d elements, not %d", len(items), v.Len())
	}
	for i, item := range items {
		if err := d.value(item, v.Index(i), join(path, strconv.Itoa(i)), f); err != nil {
			return err
		}
	}
	return nil
}

// find returns the array member that the tree names at path.
func (d *decoder) find(raw json.RawMessage, elem reflect.Type, rank int, path string) (*member, error) {
	if string(raw) != strconv.Quote(path+".npy") {
		return nil, d.mismatch(path, "the bundle does not hold an array here")
	}
	want, _ := numberOf(elem)
	return d.r.find(path+".npy", want, rank)
}

// member returns the verified elements and the shape of the array member that
// the tree names at path.
func (d *decoder) member(raw json.RawMessage, elem reflect.Type, rank int, path string) ([]byte, []int, error) {
	m, err := d.find(raw, elem, rank, path)
	if err != nil {
		return nil, nil, err
	}
	b, err := d.r.content(context.Background(), m, int64(m.header), m.entry.usize)
	return b, m.Shape, err
}

func (d *decoder) vector(raw json.RawMessage, v reflect.Value, path string) error {
	b, _, err := d.member(raw, v.Type().Elem(), 1, path)
	if err != nil {
		return err
	}
	n, _ := numberOf(v.Type().Elem())
	s, err := sliceAt(v.Type(), b, n)
	if err != nil {
		return d.mismatch(path, "%v", err)
	}
	v.Set(s)
	return nil
}

func (d *decoder) rows(raw json.RawMessage, v reflect.Value, path string) error {
	t := v.Type()
	if slices.Contains(d.lazy, path) {
		m, err := d.find(raw, t.Elem().Elem(), 2, path)
		if err != nil {
			return err
		}
		if m.Shape[1] == 0 {
			return d.mismatch(path, "the array has rows without elements")
		}
		v.Set(reflect.MakeSlice(t, m.Shape[0], m.Shape[0]))
		return nil
	}
	b, shape, err := d.member(raw, t.Elem().Elem(), 2, path)
	if err != nil {
		return err
	}
	s, err := rowsAt(t, b, shape)
	if err != nil {
		return d.mismatch(path, "%v", err)
	}
	v.Set(s)
	return nil
}

// rowsAt returns the matrix of the given shape in b as a slice of rows.
func rowsAt(t reflect.Type, b []byte, shape []int) (reflect.Value, error) {
	n, _ := numberOf(t.Elem().Elem())
	if shape[1] == 0 {
		return reflect.Value{}, fmt.Errorf("the array has rows without elements")
	}
	all, err := sliceAt(t.Elem(), b, n)
	if err != nil {
		return all, err
	}
	s := reflect.MakeSlice(t, shape[0], shape[0])
	for i := range shape[0] {
		lo, hi := i*shape[1], (i+1)*shape[1]
		s.Index(i).Set(all.Slice3(lo, hi, hi))
	}
	return s, nil
}

func (d *decoder) matrix(raw json.RawMessage, v reflect.Value, path string) error {
	elem, _ := isMatrix(v.Type())
	if slices.Contains(d.lazy, path) {
		m, err := d.find(raw, elem, 2, path)
		if err == nil {
			setMatrix(v, m.Shape, nil)
		}
		return err
	}
	b, shape, err := d.member(raw, elem, 2, path)
	if err != nil {
		return err
	}
	n, _ := numberOf(elem)
	s, err := sliceAt(reflect.SliceOf(elem), b, n)
	if err != nil {
		return d.mismatch(path, "%v", err)
	}
	setMatrix(v, shape, s.Interface())
	return nil
}

// setMatrix sets v, a dense.Matrix, to the given shape and elements (nil for
// none).
func setMatrix(v reflect.Value, shape []int, data any) {
	switch m := v.Addr().Interface().(type) {
	case *dense.Matrix[float64]:
		x, _ := data.([]float64)
		*m = dense.Matrix[float64]{Rows: shape[0], Cols: shape[1], Data: x}
	case *dense.Matrix[complex128]:
		x, _ := data.([]complex128)
		*m = dense.Matrix[complex128]{Rows: shape[0], Cols: shape[1], Data: x}
	}
}

func (d *decoder) scalar(raw json.RawMessage, v reflect.Value, path string) error {
	var err error
	text := string(raw)
	switch {
	case v.Kind() == reflect.Bool:
		var x bool
		err = json.Unmarshal(raw, &x)
		v.SetBool(x)
	case v.CanInt():
		var x int64
		x, err = strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(x)
	case v.CanUint():
		var x uint64
		x, err = strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(x)
	case v.CanFloat():
		var x float64
		x, err = parseFloat(text, v.Type().Bits())
		v.SetFloat(x)
	case v.CanComplex():
		var p []json.RawMessage
		if err = json.Unmarshal(raw, &p); err == nil && len(p) == 2 {
			bits := v.Type().Bits() / 2
			re, err1 := parseFloat(string(p[0]), bits)
			im, err2 := parseFloat(string(p[1]), bits)
			v.SetComplex(complex(re, im))
			if err = err1; err == nil {
				err = err2
			}
		} else if err == nil {
			err = strconv.ErrSyntax
		}
	default:
		var x string
		err = json.Unmarshal(raw, &x)
		v.SetString(x)
	}
	if err != nil {
		return d.mismatch(path, "the bundle holds %.40q, not a value of type %v", text, v.Type())
	}
	return nil
}

// parseFloat reads what appendFloat wrote.
func parseFloat(s string, bits int) (float64, error) {
	if q := strings.Trim(s, `"`); len(q) == len(s)-2 {
		switch q {
		case "NaN":
			return math.NaN(), nil
		case "Inf":
			return math.Inf(1), nil
		case "-Inf":
			return math.Inf(-1), nil
		}
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, bits)
}
