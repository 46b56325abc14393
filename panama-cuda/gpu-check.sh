#!/bin/sh
# Checks Lanewise on a GPU, on a machine that has a driver, CUDA's libraries and perhaps PyTorch, but no JDK and no Maven.
#
#   gpu-check.sh pack [--without-cases]   where there is a JDK: builds, and packs a Java runtime, the jars, the reference
#                                         cases and PyTorch's script into target/gpu-check.tar.gz beside this script;
#                                         without the cases, run takes those of the project that this script lies in
#   gpu-check.sh run [first|second|all|STEP[=SECONDS]...] [OPTION...]
#                                         where the GPU is, beside that file, where it was packed or inside the unpacked
#                                         folder: runs a profile (first: at most 240 s, second: at most 400 s) or steps, and keeps what there is of
#                                         the results in one file, --archive FILE; --list shows the steps, --help the
#                                         options, --device cpu rehearses without a GPU
#
#   LANEWISE_JAVA_OPTS   more JVM options
#   GPU_CHECK_ARCHITECTURES   compute capabilities whose kernels are compiled ahead into the pack; 90 by default
set -eu

most_bytes=45000000

fail() {
    echo "gpu-check: $*" >&2
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

# What PyTorch's script, the reference cases and the launcher are relative to.
project=$(dirname -- "$here")
packed=$here/target/gpu-check.tar.gz

pack() {
    case ${1:-} in
        '') cases=packed ;;
        --without-cases) cases=absent ;;
        *) fail "pack: unknown option '$1' (expected --without-cases or none)" ;;
    esac
    [ -x "$project/lanewise" ] || fail "no $project/lanewise: pack where the project is"
    # The launcher finds the JDK and builds what is stale; it says which JDK it took.
    jdk=$(LANEWISE_JAVA_OPTS=-XshowSettings:properties "$project/lanewise" --version 2>&1 \
        | sed -n 's/^ *java\.home = //p')
    [ -x "$jdk/bin/jlink" ] || fail "the launcher's JDK '$jdk' has no jlink: set JAVA_HOME to a complete JDK"
    jars=$project/target/launcher/$(cat "$project/target/launcher/current")

    folder=$here/target/gpu-check
    rm -rf "$folder" "$packed"
    mkdir -p "$folder/lib" "$folder/bench/peers"
    # Not compressed by itself: as a whole it packs better.
    "$jdk/bin/jlink" --output "$folder/runtime" --no-header-files --no-man-pages --strip-java-debug-attributes \
        --compress zip-0 \
        --add-modules java.logging,java.management,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.unsupported
    cp "$jars"/*.jar "$folder/lib"
    # What only charts, mocks, servers and the peers of benchmarks use; a test finds other large libraries that come along.
    for unused in xchart byte-buddy arpack_combined_all commons-math3 blas onnxruntime helidon prometheus; do
        rm -f "$folder/lib/$unused"-*.jar
    done
    store_jars "$folder/lib" "$jdk"
    if [ "$cases" = packed ]; then
        mkdir -p "$folder/testkit/golden"
        for set in cases seed-4 seed-5; do
            cp -R "$project/testkit/golden/$set" "$folder/testkit/golden/$set"
        done
    fi
    cp "$project/bench/peers/pytorch_peer.py" "$folder/bench/peers"
    cp "$here/gpu-check.sh" "$folder"
    "$folder/gpu-check.sh" run --list >"$folder/steps.txt" || fail "the packed check does not start: does it lack a library?"
    try_out "$folder"
    compile_ahead "$folder" "$jdk"
    (cd "$project" && git describe --always --dirty 2>/dev/null || echo unknown) >"$folder/commit"
    # Whoever unpacks it may be somebody else.
    chmod -R a+rX "$folder"
    # Kernels by their sizes: those of one template are then neighbours, and pack better.
    (
        cd "$here/target"
        {
            find gpu-check ! -type d ! -path 'gpu-check/kernels/*'
            find gpu-check -path 'gpu-check/kernels/*' -exec ls -S {} +
        } | tar -cf - -T - | gzip -9 >"$packed"
    )
    rm -rf "$folder"
    bytes=$(wc -c <"$packed")
    echo "packed: $packed, $((bytes / 1000)) kB"
    [ "$bytes" -le "$most_bytes" ] || fail "the pack has $bytes bytes (expected $most_bytes at most)"
    [ "$compiled" = yes ] || echo "gpu-check: the pack has no kernels, and compiling them where the GPU is takes most of a profile's time: install NVRTC (pip install nvidia-cuda-nvrtc) or name its folder in LANEWISE_CUDA_PATH, and pack again" >&2
}

# Runs a step on the CPU: what the packed runtime lacks would else be found out where the GPU is.
try_out() {
    if ! "$1/gpu-check.sh" run threads=60 --device cpu --quick --results "$1/trial" >"$here/target/gpu-check-trial.log" 2>&1; then
        cat "$here/target/gpu-check-trial.log" "$1"/trial/*.log >&2
        fail "the packed check does not run on the CPU (above): does its runtime lack a module?"
    fi
    rm -r "$1/trial"
}

# Stores what jars contain as it is: as a whole it packs better.
store_jars() {
    for jar in "$1"/*.jar; do
        mkdir "$1/content"
        (cd "$1/content" && "$2/bin/jar" --extract --file "$jar" && "$2/bin/jar" --create --no-manifest --no-compress --file "$jar" .)
        rm -r "$1/content"
    done
}

# Puts the kernels' code into the pack, for the version of the compiler that is here: where the GPU is they are then only
# loaded, unless its compiler is of another version. No GPU is needed, only NVRTC.
compile_ahead() {
    compiled=yes
    search_python
    if "$2/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC \
        -cp "$1/lib/*" dev.lanewise.bench.Main bench gpu-compile --to "$1/kernels" \
        --architectures "${GPU_CHECK_ARCHITECTURES:-90}" >"$1/kernels.txt"; then
        cat "$1/kernels.txt"
    else
        compiled=no
        echo "no kernels compiled ahead; they are compiled where the GPU is" | tee "$1/kernels.txt"
        rm -rf "$1/kernels"
    fi
}

# Where python3 keeps the CUDA libraries that pip installed for it: it may be a virtual environment's.
python_libraries() {
    python3 - 2>/dev/null <<'END' || true
import os, site, sys, sysconfig
folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")] + getattr(site, "getsitepackages", list)() + sys.path
found = []
for folder in folders:
    nvidia = os.path.join(folder or ".", "nvidia")
    if os.path.isdir(nvidia) and nvidia not in found:
        found.append(nvidia)
print(":".join(found))
END
}

# Has libraries looked for there, too.
search_python() {
    libraries=$(python_libraries)
    if [ -n "$libraries" ]; then
        LANEWISE_CUDA_PATH=${LANEWISE_CUDA_PATH:+$LANEWISE_CUDA_PATH:}$libraries
        export LANEWISE_CUDA_PATH
    fi
}

# The unpacked folder: this script's own, or that of the pack beside it.
unpacked() {
    if [ -x "$here/runtime/bin/java" ]; then
        echo "$here"
        return
    fi
    if [ ! -f "$packed" ] && [ -f "$here/gpu-check.tar.gz" ]; then
        packed=$here/gpu-check.tar.gz
    fi
    [ -f "$packed" ] || fail "no $packed or $here/gpu-check.tar.gz: run 'gpu-check.sh pack' where there is a JDK, and bring that file here"
    folder=$here/target/gpu-check-unpacked/$(cksum <"$packed" | tr ' ' -)
    if [ ! -d "$folder" ]; then
        # In one step, since another run may unpack it at this moment.
        part=$folder.$$
        mkdir -p "$part"
        if ! gzip -dc "$packed" | tar -xf - -C "$part"; then
            rm -rf "$part"
            fail "$packed could not be unpacked to $folder (above)"
        fi
        if [ -d "$folder" ]; then
            rm -rf "$part"
        else
            mv "$part" "$folder"
        fi
    fi
    echo "$folder/gpu-check"
}

run() {
    home=$(unpacked)
    # A pack without the reference cases takes those of the project.
    golden=$home/testkit/golden
    [ -d "$golden" ] || golden=$project/testkit/golden
    search_python
    # Code that was compiled ahead, and where that of another compiler is kept.
    LANEWISE_CUDA_CACHE=${LANEWISE_CUDA_CACHE:-$home/kernels}
    export LANEWISE_CUDA_CACHE
    # A process that crashes says why; writing its memory would take the time of what comes next.
    ulimit -c 0
    # The options of the launcher. Unquoted: several in one variable.
    # shellcheck disable=SC2086
    exec "$home/runtime/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xmn16m \
        ${LANEWISE_JAVA_OPTS:-} -Dlanewise.home="$home" -Dlanewise.golden="$golden" -cp "$home/lib/*" dev.lanewise.bench.Main \
        bench gpu-check "$@"
}

case ${1:-} in
    pack)
        shift
        pack "$@"
        ;;
    run)
        shift
        run "$@"
        ;;
    *)
        echo "usage: gpu-check.sh pack [--without-cases] | run [first|second|all|STEP[=SECONDS]...] [--archive FILE] [--results DIR] [--device cuda:0|cpu] [--quick] [--list]" >&2
        exit 2
        ;;
esac
