#!/usr/bin/env bash
# Generates the MPI bindings anew from the headers of Open MPI and MPICH. README.md says which versions were used.
#
# usage: regenerate.sh [OUTPUT]
#   OUTPUT               where the packages go; the source folder of this module unless given
#   JEXTRACT             the jextract to run; the one on PATH unless set
#   OPENMPI_INCLUDE      folder of Open MPI's mpi.h
#   MPICH_INCLUDE        folder of MPICH's mpi.h
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../panama-cuda/jextract
output=${1:-$here/../src/main/java}
jextract=${JEXTRACT:-jextract}
: "${OPENMPI_INCLUDE:?the folder of the mpi.h of Open MPI}" "${MPICH_INCLUDE:?the folder of the mpi.h of MPICH}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# generate NAME CLASS INCLUDE: package dev.lanewise.distributed.mpi.generated.NAME from what NAME.want lists
generate() {
    local name=$1 class=$2
    local package=dev.lanewise.distributed.mpi.generated.$name
    local folder=$scratch/out/${package//./\/} include=$scratch/$name
    # a copy: what lies below /usr/include is taken for the system's and left out
    cp -rL "$3" "$include"
    "$jextract" -I "$include" --dump-includes "$scratch/$name.dump" "$include/mpi.h" 2>"$scratch/$name.log" ||
        { cat "$scratch/$name.log" >&2; return 1; }
    python3 "$tools/include_args.py" "$scratch/$name.dump" "$here/$name.want" >"$scratch/$name.args"
    "$jextract" -I "$include" "@$scratch/$name.args" --target-package "$package" --header-class-name "$class" \
        --output "$scratch/out" "$include/mpi.h" 2>>"$scratch/$name.log" || { cat "$scratch/$name.log" >&2; return 1; }
    python3 "$tools/lazy_lookup.py" "$folder" dev.lanewise.distributed.mpi.MpiSymbols \
        dev.lanewise.distributed.mpi.MpiSymbols.OPENED distributed/jextract
    rm -rf "${output:?}/${package//./\/}"
    mkdir -p "$output/${package//./\/}"
    cp "$folder"/* "$output/${package//./\/}/"
}

generate openmpi OpenMpiBindings "$OPENMPI_INCLUDE"
generate mpich MpichBindings "$MPICH_INCLUDE"
