package bundle

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Fetch reads the field at path of v, which Decode filled and left lazy. A path
// that leads through a nil pointer, or that the bundle does not have, is left
// as it is.
func (r *Reader) Fetch(v any, path string) error {
	s, err := checkModel(v)
	if err != nil {
		return err
	}
	raw, at := r.meta.Model, ""
	for _, name := range strings.Split(path, "/") {
		for s.Kind() == reflect.Pointer {
			if s.IsNil() {
				return nil
			}
			s = s.Elem()
		}
		if s.Kind() != reflect.Struct {
			return &TypeError{path, "only fields of structs can be fetched"}
		}
		next, ok, err := child(s, name, at)
		if err != nil || !ok {
			return err
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil
		}
		s, raw, at = next, m[name], join(at, name)
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return (&decoder{r, nil}).value(raw, s, path, field{})
}

// child returns the field of s that has the given name in the tree.
func child(s reflect.Value, name, path string) (reflect.Value, bool, error) {
	fs, err := fieldsOf(s.Type(), path)
	if err != nil {
		return s, false, err
	}
	for _, f := range fs {
		if f.name == name {
			return s.Field(f.index), true, nil
		}
	}
	return s, false, &TypeError{join(path, name), "no such field"}
}
