#!/usr/bin/env bash
# Draws geometries and level counts at random and elaborates gca_head at each, with every warning on. A failure names the
# geometry and the seed.
#
#   tests/random_geometries.sh [SEED [NUMBER]]
set -euo pipefail
cd "$(dirname "$0")/.."
seed=${1:-1}
RANDOM=$seed
mapfile -t modules < <(find rtl -name '*.sv' ! -name gca_pkg.sv | sort)

between() { drawn=$(($1 + RANDOM % ($2 - $1 + 1))); }

for ((i = 0; i < ${2:-20}; i++)); do
    parameters=()
    for range in Dim=1:70 TileTokens=1:40 Tiles=1:20 QueryLevels=2:40 StoreLevels=2:16 OutLevels=2:40; do
        limits=${range#*=}
        between "${limits%:*}" "${limits#*:}"
        parameters+=("-G${range%=*}=$drawn")
    done
    verilator --lint-only -Wall --assert --top-module gca_head "${parameters[@]}" rtl/gca_pkg.sv "${modules[@]}" ||
        { echo "seed $seed, geometry $i: ${parameters[*]}"; exit 1; }
    echo "ok ${parameters[*]}"
done
