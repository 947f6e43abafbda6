// Package report renders results: as one JSON object or as aligned text. It
// defines no result types of its own; commands and packages bring theirs.
package report

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
)

// Number is a float64 that JSON can always hold: NaN and infinities become
// null; the struct that holds it explains them in a field "reason".
type Number float64

// MarshalJSON writes the shortest decimal that reads back to the same float64.
func (n Number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(f)
}

// Numbers converts a slice.
func Numbers(x []float64) []Number {
	y := make([]Number, len(x))
	for i, v := range x {
		y[i] = Number(v)
	}
	return y
}

// Pair is one key and its value of an ordered JSON object.
type Pair struct {
	Key   string
	Value float64
}

// Object is a JSON object whose keys keep their order: a parameter point.
type Object []Pair

// MarshalJSON writes the pairs in order.
func (o Object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, p := range o {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := json.Marshal(p.Key)
		if err != nil {
			return nil, err
		}
		value, err := Number(p.Value).MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

// Point pairs parameter names with values.
func Point(names []string, mu []float64) Object {
	if mu == nil {
		return nil
	}
	o := make(Object, len(names))
	for i, n := range names {
		o[i] = Pair{n, mu[i]}
	}
	return o
}

// Text is one key and its text of an ordered JSON object.
type Text struct{ Key, Value string }

// Texts is a JSON object of strings whose keys keep their order.
type Texts []Text

// MarshalJSON writes the pairs in order.
func (t Texts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, p := range t {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := json.Marshal(p.Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

// Labels pairs names with texts, nil when there are none.
func Labels(names, values []string) Texts {
	var t Texts
	for i, n := range names {
		t = append(t, Text{n, values[i]})
	}
	return t
}

// String writes the point as name=value,name=value.
func (o Object) String() string {
	var b []byte
	for i, p := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, p.Key...), '=')
		b = strconv.AppendFloat(b, p.Value, 'g', -1, 64)
	}
	return string(b)
}

// JSON writes v as one indented JSON document.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
