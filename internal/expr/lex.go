package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind tells the kinds of tokens apart.
type tokenKind uint8

const (
	endToken tokenKind = iota
	numberToken
	nameToken
	signToken // operators, parentheses, comma
)

// token is one word of an expression.
type token struct {
	kind      tokenKind
	text      string // the sign, or the name without backquotes
	quoted    bool   // the name was in backquotes
	imaginary bool
	value     float64
	column    int // in runes from 1
}

// String describes the token for messages.
func (t token) String() string {
	if t.kind == endToken {
		return "the end"
	}
	return strconv.Quote(t.text)
}

// is reports whether the token is the sign s.
func (t token) is(s string) bool { return t.kind == signToken && t.text == s }

// lexer splits a source into tokens.
type lexer struct {
	src    string
	at     int // byte position
	column int // runes before at, plus 1
}

func (l *lexer) fail(column int, msg, hint string) *Error {
	return &Error{Src: l.src, Column: column, Msg: msg, Hint: hint}
}

// skip moves n bytes on.
func (l *lexer) skip(n int) {
	l.column += utf8.RuneCountInString(l.src[l.at : l.at+n])
	l.at += n
}

// signs are the signs of the language; longer ones come first.
var signs = [...]string{
	"**", "<=", ">=", "==", "!=", "&&", "||",
	"+", "-", "*", "/", "^", "<", ">", "!", "?", ":", "(", ")", ",",
}

// next returns the next token.
func (l *lexer) next() (token, *Error) {
	rest := l.src[l.at:]
	l.skip(len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace)))
	rest = l.src[l.at:]
	t := token{column: l.column}
	if rest == "" {
		return t, nil
	}
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case r == utf8.RuneError && size == 1:
		return t, l.fail(t.column, "the text is not UTF-8", "save the file as UTF-8")
	case r == '`':
		return l.quotedName(t)
	case startsName(r):
		return l.name(t), nil
	case r >= '0' && r <= '9' || r == '.' && len(rest) > 1 && isDigit(rest[1]):
		return l.number(t)
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			t.kind, t.text = signToken, s
			l.skip(len(s))
			return t, nil
		}
	}
	return t, l.fail(t.column, fmt.Sprintf("unexpected %q", r), strayHint(r))
}

// strayHint says what to write instead of a character that has no meaning.
func strayHint(r rune) string {
	switch r {
	case '=':
		return "equality is written =="
	case '&', '|':
		return fmt.Sprintf("write %c%c", r, r)
	case '−', '–':
		return "the minus sign is written -"
	case '×', '·', '⋅':
		return "products are written with *"
	case '÷':
		return "quotients are written with /"
	case '[', ']', '{', '}':
		return "parentheses are ( and )"
	case ';':
		return "arguments are separated by commas"
	case '"', '\'':
		return "a name with other signs than letters, digits and _ is written between backquotes"
	case '.':
		return "a number has a digit before or after its point"
	}
	return ""
}

func startsName(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func continuesName(r rune) bool {
	return startsName(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// name reads a name that begins at the current position.
func (l *lexer) name(t token) token {
	rest := l.src[l.at:]
	n := strings.IndexFunc(rest, func(r rune) bool { return !continuesName(r) })
	if n < 0 {
		n = len(rest)
	}
	t.kind, t.text = nameToken, rest[:n]
	l.skip(n)
	return t
}

// quotedName reads a name between backquotes.
func (l *lexer) quotedName(t token) (token, *Error) {
	text, _, closed := strings.Cut(l.src[l.at+1:], "`")
	switch {
	case !closed:
		return t, l.fail(t.column, "the name has no closing backquote", "")
	case text == "":
		return t, l.fail(t.column, "there is no name between the backquotes", "")
	case !utf8.ValidString(text):
		return t, l.fail(t.column, "the text is not UTF-8", "save the file as UTF-8")
	}
	t.kind, t.text, t.quoted = nameToken, text, true
	l.skip(len(text) + 2)
	return t, nil
}

// number reads a decimal number and the i of an imaginary one.
func (l *lexer) number(t token) (token, *Error) {
	rest := l.src[l.at:]
	n := digits(rest, 0)
	if n < len(rest) && rest[n] == '.' {
		n = digits(rest, n+1)
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		m := n + 1
		if m < len(rest) && (rest[m] == '+' || rest[m] == '-') {
			m++
		}
		if end := digits(rest, m); end > m {
			n = end
		}
	}
	t.kind, t.text = numberToken, rest[:n]
	v, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		return t, l.fail(t.column, fmt.Sprintf("%s is too large for a number", t.text), "")
	}
	t.value = v
	if strings.HasPrefix(rest[n:], "i") {
		if r, _ := utf8.DecodeRuneInString(rest[n+1:]); !continuesName(r) {
			t.imaginary, t.text = true, rest[:n+1]
			n++
		}
	}
	l.skip(n)
	if r, _ := utf8.DecodeRuneInString(l.src[l.at:]); continuesName(r) || r == '.' {
		return t, l.attached(t, r)
	}
	return t, nil
}

// digits returns the end of the digits of s from position n on.
func digits(s string, n int) int {
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// attached is the error for something directly behind a number.
func (l *lexer) attached(t token, r rune) *Error {
	if r == '.' {
		return l.fail(l.column, "a second point in a number", "")
	}
	word := l.name(token{}).text
	hint := fmt.Sprintf("write %s*%s", t.text, word)
	switch {
	case word == "j":
		hint = fmt.Sprintf("the imaginary unit is written i: %si", t.text)
	case (word[0] == 'd' || word[0] == 'D') && digits(word, 1) == len(word):
		hint = "the exponent of a number is written with e, as in 1e-3"
	case word[0] == '_' && digits(word, 1) == len(word):
		hint = "write the digits of a number without _"
	case t.text == "0" && (word[0] == 'x' || word[0] == 'X'):
		hint = "numbers are decimal"
	}
	return l.fail(t.column, fmt.Sprintf("%q directly behind the number %s", word, t.text), hint)
}
