package bundle

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"eimtool/internal/dense"
)

// field is one struct field that takes part in a bundle.
type field struct {
	index  int
	name   string // path element
	doc    string // `doc` tag, stored with the member
	inline bool   // numbers go to the tree in meta.json
}

// fieldsOf returns the fields of struct type t in their order. A field that
// would be lost in silence (unexported and not tagged "-") is an error.
func fieldsOf(t reflect.Type, path string) ([]field, error) {
	var fs []field
	seen := map[string]bool{}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, opts, _ := strings.Cut(sf.Tag.Get("bundle"), ",")
		if tag == "-" {
			continue
		}
		f := field{index: i, name: tag, doc: sf.Tag.Get("doc")}
		if tag == "" {
			f.name = snake(sf.Name)
		}
		where := join(path, f.name)
		if !sf.IsExported() {
			return nil, &TypeError{where, fmt.Sprintf("%v.%s is unexported: export it or tag it `bundle:\"-\"`", t, sf.Name)}
		}
		for _, o := range strings.FieldsFunc(opts, func(r rune) bool { return r == ',' }) {
			if o != "inline" {
				return nil, &TypeError{where, fmt.Sprintf("unknown option %q in its bundle tag", o)}
			}
			f.inline = true
		}
		if !validName(f.name) {
			return nil, &TypeError{where, fmt.Sprintf("name %q is not made of a-z, 0-9 and _", f.name)}
		}
		if seen[f.name] {
			return nil, &TypeError{where, "two fields have this name"}
		}
		seen[f.name] = true
		fs = append(fs, f)
	}
	return fs, nil
}

// join returns the path of the element name below path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func validName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// snake returns the lower_snake_case of a Go name: HeldOutError is
// held_out_error, NNZ is nnz, RHSNorm is rhs_norm, L2Norm is l2_norm.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 {
			low := i+1 < len(r) && unicode.IsLower(r[i+1])
			if !unicode.IsUpper(r[i-1]) && r[i-1] != '_' || unicode.IsUpper(r[i-1]) && low {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// isMatrix reports whether t is a dense.Matrix, and of which scalars.
func isMatrix(t reflect.Type) (elem reflect.Type, ok bool) {
	switch t {
	case reflect.TypeFor[dense.Matrix[float64]]():
		return reflect.TypeFor[float64](), true
	case reflect.TypeFor[dense.Matrix[complex128]]():
		return reflect.TypeFor[complex128](), true
	}
	return nil, false
}

// isVector reports whether t is a slice of numbers.
func isVector(t reflect.Type) bool {
	if t.Kind() != reflect.Slice {
		return false
	}
	_, ok := numberOf(t.Elem())
	return ok
}

// checkType refuses the types that a bundle cannot hold, before any value is
// looked at: what Write accepts does not depend on what happens to be nil.
// above holds the struct types on the way down to t.
func checkType(t reflect.Type, path string, f field, above []reflect.Type) error {
	if _, ok := numberOf(t); ok || t.Kind() == reflect.String {
		return nil
	}
	if _, ok := isMatrix(t); ok {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		if k := t.Elem().Kind(); k == reflect.Pointer || k == reflect.Slice {
			return &TypeError{path, fmt.Sprintf("%v: a pointer to a slice or pointer is not supported", t)}
		}
		return checkType(t.Elem(), path, field{inline: f.inline}, above)
	case reflect.Slice, reflect.Array:
		return checkType(t.Elem(), join(path, "0"), field{inline: f.inline}, above)
	case reflect.Struct:
		for _, a := range above {
			if a == t {
				return &TypeError{path, fmt.Sprintf("%v contains itself; recursive types are not supported", t)}
			}
		}
		fs, err := fieldsOf(t, path)
		if err != nil {
			return err
		}
		for _, g := range fs {
			g.inline = g.inline || f.inline
			if err := checkType(t.Field(g.index).Type, join(path, g.name), g, append(above, t)); err != nil {
				return err
			}
		}
		return nil
	}
	return &TypeError{path, fmt.Sprintf("type %v is not supported: tag the field `bundle:\"-\"` or store something else", t)}
}

// checkModel checks that v is a non-nil pointer to a struct that a bundle can hold.
func checkModel(v any) (reflect.Value, error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return p, &TypeError{"", fmt.Sprintf("%T is not a pointer to a struct", v)}
	}
	return p.Elem(), checkType(p.Elem().Type(), "", field{}, nil)
}
