#!/usr/bin/env bash
# Generates the CUDA bindings anew from NVIDIA's headers. README.md says which versions were used.
#
# usage: regenerate.sh [OUTPUT]
#   OUTPUT               where the packages go; the source folder of this module unless given
#   JEXTRACT             the jextract to run; the one on PATH unless set
#   CUDA_INCLUDE         folder of cuda.h, nvrtc.h, cublas_v2.h and cublasLt.h (several: separated by colons)
#   CUDNN_INCLUDE        folder of cudnn.h
#   NCCL_INCLUDE         folder of nccl.h
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=${1:-$here/../src/main/java}
jextract=${JEXTRACT:-jextract}
: "${CUDA_INCLUDE:?the folder of cuda.h}" "${CUDNN_INCLUDE:?the folder of cudnn.h}" "${NCCL_INCLUDE:?the folder of nccl.h}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

include=()
IFS=: read -ra folders <<<"$CUDA_INCLUDE:$CUDNN_INCLUDE:$NCCL_INCLUDE"
for folder in "${folders[@]}"; do include+=(-I "$folder"); done

# find_header NAME: the header's path in the first include folder that has it
find_header() {
    for folder in "${folders[@]}"; do
        [ -f "$folder/$1" ] && { printf '%s\n' "$folder/$1"; return; }
    done
    printf 'no %s in %s\n' "$1" "${folders[*]}" >&2
    return 1
}

# generate NAME CLASS HEADER: package dev.lanewise.cuda.generated.NAME from what NAME.want lists
generate() {
    local name=$1 class=$2 header=$3
    local package=dev.lanewise.cuda.generated.$name
    local folder=$scratch/out/${package//./\/}
    "$jextract" "${include[@]}" --dump-includes "$scratch/$name.dump" "$header" 2>"$scratch/$name.log" ||
        { cat "$scratch/$name.log" >&2; return 1; }
    python3 "$here/include_args.py" "$scratch/$name.dump" "$here/$name.want" >"$scratch/$name.args"
    "$jextract" "${include[@]}" "@$scratch/$name.args" --target-package "$package" --header-class-name "$class" \
        --output "$scratch/out" "$header"
    python3 "$here/lazy_lookup.py" "$folder" dev.lanewise.cuda.lib.LazyLookup \
        "dev.lanewise.cuda.lib.NativeLibrary.${name^^}.lookup()" panama-cuda/jextract
    rm -rf "${output:?}/${package//./\/}"
    mkdir -p "$output/${package//./\/}"
    cp "$folder"/* "$output/${package//./\/}/"
}

generate driver DriverBindings "$(find_header cuda.h)"
generate nvrtc NvrtcBindings "$(find_header nvrtc.h)"
generate cublas CublasBindings "$here/cublas_all.h"
generate cudnn CudnnBindings "$(find_header cudnn.h)"
generate nccl NcclBindings "$here/nccl_wrap.h"
