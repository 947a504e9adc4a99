#!/usr/bin/env bash
# Has the real consul-template (its path: $1) execute every line of corpus.txt; prints what came of each,
# line by line: the output, or `error: ` and the text after the position. Kept in recorded.txt.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export MUSTER_SET=set MUSTER_EMPTY=
while IFS= read -r line; do
  printf '%s' "$line" >"$dir/in"
  rm -f "$dir/out"
  if timeout 20 "$1" -once -consul-addr 127.0.0.1:1 -template "$dir/in:$dir/out" >"$dir/log" 2>&1; then
    printf 'ok %s\n' "$(sed ':a;N;$!ba;s/\n/⏎/g' "$dir/out" 2>/dev/null)"
  else
    sed -n '1,/\[ERR\]/s/.*\[ERR\] (cli) //p' "$dir/log" | head -1 | sed "s|^$dir/in: ||; s/^/error /"
  fi
done <"$(dirname "$0")/corpus.txt"
