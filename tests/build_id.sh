#!/usr/bin/env bash
# The build's id (sim/build_id.cmake) changes with any source, a source's name and the text beside them, and with nothing
# else.
set -euo pipefail
script=$(cd "$(dirname "$0")/.." && pwd)/sim/build_id.cmake
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# id SOURCES TEXT
id() {
    cmake -DOUTPUT=id.cpp "-DROOT=$folder" "-DSOURCES=$1" "-DTEXT=$2" -P "$script"
    grep -oE '"[0-9a-f]{16}"' id.cpp
}

# expect WHAT equal|different A B
expect() {
    local relation=different
    [[ $3 != "$4" ]] || relation=equal
    [[ $relation == "$2" ]] || { echo "build_id: $1: the ids $3 and $4 must be $2" >&2 && exit 1; }
}

echo "module a;" > a.sv
echo "int b;" > b.cpp
first=$(id "a.sv;b.cpp" "Verilator 5;-Wall")
expect "the same sources" equal "$first" "$(id "a.sv;b.cpp" "Verilator 5;-Wall")"
expect "another version" different "$first" "$(id "a.sv;b.cpp" "Verilator 6;-Wall")"
expect "one source less" different "$first" "$(id "a.sv" "Verilator 5;-Wall")"
touch -d yesterday a.sv
expect "another date" equal "$first" "$(id "a.sv;b.cpp" "Verilator 5;-Wall")"
cp b.cpp c.cpp
expect "another name" different "$first" "$(id "a.sv;c.cpp" "Verilator 5;-Wall")"
echo "int c;" > b.cpp
expect "another source" different "$first" "$(id "a.sv;b.cpp" "Verilator 5;-Wall")"
