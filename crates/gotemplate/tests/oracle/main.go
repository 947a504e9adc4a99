// Executes the templates of corpus.txt with Go's own text/template and prints, line by line, what
// came of each: the kind (ok, parse, exec) and the quoted output or error. Its answers are kept in
// recorded.txt. The data and the functions are the same as in ../language.rs.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"text/template"
)

type Tags []string

type Level int

func (l Level) String() string { return fmt.Sprintf("level-%d", int(l)) }

type Pair struct {
	Name string
	Port int
	Tags Tags
	Meta map[string]string
	Next *Pair
	Any  any
}

func (p Pair) Label(prefix string) string { return prefix + p.Name }

func data() any {
	p := &Pair{Name: "p1", Port: 80, Tags: Tags{"a", "b"}, Meta: map[string]string{"k": "v"}, Any: 1}
	return map[string]any{
		"s": "text", "e": "", "n": 3, "zero": 0, "i64": int64(-5), "u": uint64(7), "u8": uint8(200),
		"f": 1.5, "big": 1e6, "t": true, "nil": nil, "c": complex(1, -2),
		"strs": []string{"a", "b", "c"}, "anys": []any{1, "x", nil, 2.5, true},
		"ints": []int{5, 6}, "m": map[string]string{"b": "2", "a": "1"},
		"ma": map[string]any{"a": 1, "none": nil, "deep": map[string]any{"x": "y"}},
		"ms": map[string]Pair{"one": *p}, "mi": map[int]string{10: "ten", 9: "nine"},
		"p": p, "pn": (*Pair)(nil), "pair": *p, "tags": Tags{"x", "y"}, "bytes": []byte("hi\xff"),
		"level": Level(2), "levels": []Level{1, 2}, "nilstrs": []string(nil), "nilmap": map[string]string(nil),
		"fn": func(a int, b ...string) string { return fmt.Sprint(a, b) }, "uni": "héllo, 世界", "html": "<a href='x'>\"&\x00",
		"inf": math.Inf(1), "ninf": math.Inf(-1), "nan": math.NaN(),
		"mm": map[string]map[string]int{"x": {"y": 1}}, "lp": []*Pair{p, nil},
	}
}

var funcs = template.FuncMap{
	"str":  func(s string) string { return s },
	"add1": func(n int) int { return n + 1 },
	"sum": func(ns ...int) int {
		t := 0
		for _, n := range ns {
			t += n
		}
		return t
	},
	"fail":    func() (string, error) { return "", errors.New("it broke") },
	"nilf":    func() any { return nil },
	"anyf":    func() any { return map[string]any{"a": 1} },
	"join":    func(sep string, items []string) string { return strings.Join(items, sep) },
	"pairf":   func() *Pair { return &Pair{Name: "made"} },
	"f64":     func(f float64) string { return fmt.Sprintf("%g", f) },
	"u64":     func(u uint64) string { return fmt.Sprint(u) },
	"i64":     func(i int64) string { return fmt.Sprint(i) },
	"yes":     func(b bool) bool { return b },
	"show":    func(a any) string { return fmt.Sprintf("%T", a) },
	"strmap":  func() map[string]string { return map[string]string{"a": "1"} },
	"name":    func(p Pair) string { return p.Name },
	"two":     func(a, b string) string { return a + b },
	"atleast": func(a string, rest ...any) string { return fmt.Sprint(a, len(rest)) },
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		kind, text := answer(lines.Text())
		fmt.Fprintf(out, "%s %q\n", kind, text)
	}
}

func answer(line string) (string, string) {
	option := "default"
	for _, known := range []string{"zero", "error"} {
		if rest, found := strings.CutPrefix(line, "@"+known+" "); found {
			option, line = known, rest
		}
	}
	left, right := "", ""
	if rest, found := strings.CutPrefix(line, "@<< "); found {
		left, right, line = "<<", ">>", rest
	}
	text := strings.NewReplacer("⏎", "\n", "⇥", "\t", "␀", "\x00", "␛", "\xff").Replace(line)
	t, err := template.New("t").Option("missingkey="+option).Delims(left, right).Funcs(funcs).Parse(text)
	if err != nil {
		return "parse", err.Error()
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data()); err != nil {
		return "exec", err.Error()
	}
	return "ok", b.String()
}
