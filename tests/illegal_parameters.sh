#!/bin/sh
# Illegal parameters must fail elaboration with the sentence that the RTL gives, not with whatever Verilator stumbles over.
# Usage: illegal_parameters.sh [RTL_FOLDER]
set -u
rtl=${1:-$(dirname "$0")/../rtl}
verilator=${VERILATOR:-verilator}
checked=0
failed=0

# refuses MODULE PARAMETER=VALUE... -- SENTENCE
refuses() {
    module=$1
    shift
    case=$module
    set -- "$@"
    arguments=
    while [ "$1" != -- ]; do
        arguments="$arguments -G$1"
        case="$case $1"
        shift
    done
    sentence=$2
    checked=$((checked + 1))
    # shellcheck disable=SC2086
    output=$("$verilator" --lint-only -Wall --top-module "$module" $arguments -y "$rtl" "$rtl/gca_pkg.sv" "$rtl/$module.sv" 2>&1)
    status=$?
    if [ $status -eq 0 ]; then
        echo "FAILED  $case: accepted; expected: $sentence"
        failed=$((failed + 1))
    elif ! printf '%s\n' "$output" | grep -qF "$sentence"; then
        echo "FAILED  $case: expected: $sentence"
        echo "        got:     $(printf '%s\n' "$output" | grep -m 1 '^%Error')"
        failed=$((failed + 1))
    else
        echo "refused $case: $sentence"
    fi
}

# accepts MODULE PARAMETER=VALUE...: legal ones, at their limits too; otherwise a broken command would look like a refusal.
accepts() {
    module=$1
    shift
    arguments=
    for parameter in "$@"; do
        arguments="$arguments -G$parameter"
    done
    checked=$((checked + 1))
    # shellcheck disable=SC2086
    if output=$("$verilator" --lint-only -Wall -Wno-UNUSEDPARAM --top-module "$module" $arguments -y "$rtl" "$rtl/gca_pkg.sv" \
        "$rtl/$module.sv" 2>&1); then
        echo "accepted $module${*:+ $*}"
    else
        echo "FAILED  $module${*:+ $*}: legal, but:"
        printf '%s\n' "$output"
        failed=$((failed + 1))
    fi
}

# Every module whose source refuses something has cases below; a new limit elsewhere needs its own.
for file in "$rtl"/gca_*.sv; do
    module=$(basename "$file" .sv)
    if grep -q '\$error' "$file" && ! grep -q "^refuses $module " "$0"; then
        echo "FAILED  $module refuses parameters, but has no case here"
        failed=$((failed + 1))
    fi
done

for module in gca_head gca_synchronizer gca_sequencer gca_adder_bank; do
    accepts "$module"
done
accepts gca_head Dim=1 TileTokens=1 Tiles=1 QueryLevels=2 StoreLevels=2 OutLevels=2
accepts gca_head Dim=1 TileTokens=1 Tiles=1024
accepts gca_head Dim=3 TileTokens=2 Tiles=5 ReadoutStyle=1 ClockGates=1
accepts gca_head Dim=1 TileTokens=1 Tiles=1 QueryLevels=2 StoreLevels=2 OutLevels=2 ReadoutStyle=1
accepts gca_adder_bank Channels=1 Tiles=1024
accepts gca_sequencer ScoreCycles=15 MixCycles=1 EmitCycles=29
accepts gca_sequencer ScoreCycles=20 MixCycles=15 EmitCycles=20 Interval=35

refuses gca_head Dim=0 -- "Dim must be at least 1"
refuses gca_head TileTokens=0 -- "TileTokens and Tiles must be at least 1"
refuses gca_head Tiles=0 -- "TileTokens and Tiles must be at least 1"
refuses gca_head TileTokens=0 Tiles=0 -- "TileTokens and Tiles must be at least 1"
refuses gca_head QueryLevels=1 -- "QueryLevels, StoreLevels and OutLevels must be at least 2"
refuses gca_head QueryLevels=0 -- "QueryLevels, StoreLevels and OutLevels must be at least 2"
refuses gca_head StoreLevels=1 -- "QueryLevels, StoreLevels and OutLevels must be at least 2"
refuses gca_head StoreLevels=0 -- "QueryLevels, StoreLevels and OutLevels must be at least 2"
refuses gca_head OutLevels=1 -- "QueryLevels, StoreLevels and OutLevels must be at least 2"
refuses gca_head OutLevels=0 -- "QueryLevels, StoreLevels and OutLevels must be at least 2"
refuses gca_head ReadoutStyle=2 -- "ReadoutStyle must be gca_pkg::Counters (0) or gca_pkg::Popcount (1)"
refuses gca_clock_gate ClockGates=2 -- "ClockGates must be 0 or 1"
refuses gca_synchronizer Stages=1 -- "a synchroniser needs at least two stages"
refuses gca_synchronizer Stages=0 -- "a synchroniser needs at least two stages"
refuses gca_sequencer ScoreCycles=0 -- "ScoreCycles must be at least LoadCycles"
refuses gca_sequencer ScoreCycles=14 -- "ScoreCycles must be at least LoadCycles"
refuses gca_sequencer Interval=29 -- "Interval must cover the two phases"
refuses gca_sequencer ScoreCycles=16 -- "Interval must cover the two phases"
refuses gca_sequencer ScoreCycles=16 MixCycles=14 -- "Interval must cover the two phases"
refuses gca_sequencer MixCycles=16 EmitCycles=14 -- "Interval must cover the two phases"
refuses gca_sequencer MixCycles=16 -- "Interval must cover the two phases"
refuses gca_sequencer EmitCycles=16 -- "Interval must cover the two phases"
refuses gca_sequencer MixCycles=14 Interval=29 -- "Interval must cover the two phases"
refuses gca_sequencer ScoreCycles=20 MixCycles=17 Interval=36 -- "Interval must cover the two phases"
refuses gca_sequencer MixCycles=17 EmitCycles=16 Interval=32 -- "Interval must cover the two phases"

echo "$checked cases, $failed failed"
[ $failed -eq 0 ]
