package dev.lanewise.cuda.kernel;

import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.lib.Version;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compiles kernels for a device, once: code is kept on disk under a hash of everything that determines it.
 *
 * <p>For an architecture that this NVRTC knows, the result is code of that architecture. For a newer one it is PTX of
 * the newest known one, which the driver compiles.
 */
public final class KernelCompiler {
    /** No options that trade accuracy for speed; {@code fmad} contracts {@code a * b + c}, as C compilers do. */
    private static final List<String> OPTIONS =
            List.of("--std=c++17", "--fmad=true", "--device-as-default-execution-space");

    private final Nvrtc nvrtc;
    private final Version version;
    private final List<Integer> architectures;
    private final CodeCache cache;

    /** A compiler that keeps its results in {@code cache}. */
    public KernelCompiler(Nvrtc nvrtc, CodeCache cache) {
        this.nvrtc = nvrtc;
        this.cache = cache;
        version = nvrtc.version();
        architectures = nvrtc.architectures();
    }

    /**
     * The code of {@code source} for a device, as {@link dev.lanewise.cuda.api.Driver#load} takes it.
     *
     * @param architecture the device's compute capability, 90 for 9.0
     * @throws dev.lanewise.cuda.api.CudaException with the compiler's messages if the program is wrong, or if the
     *     device is older than any architecture this NVRTC knows
     */
    public byte[] compile(KernelSource source, int architecture) {
        Target target = target(architecture);
        String key = key(source, target);
        Optional<byte[]> cached = cache.get(key);
        if (cached.isPresent()) {
            return cached.get();
        }
        byte[] code = nvrtc.compile(source.name() + ".cu", source.code(), options(target), target.output());
        cache.put(key, code);
        return code;
    }

    private record Target(String name, Nvrtc.Output output) {}

    private Target target(int architecture) {
        if (architectures.contains(architecture)) {
            return new Target("sm_" + architecture, Nvrtc.Output.CUBIN);
        }
        int newestOlder = architectures.stream()
                .mapToInt(Integer::intValue)
                .filter(known -> known <= architecture)
                .max()
                .orElse(architecture);
        return new Target("compute_" + newestOlder, Nvrtc.Output.PTX);
    }

    private static List<String> options(Target target) {
        return Stream.concat(OPTIONS.stream(), Stream.of("--gpu-architecture=" + target.name()))
                .toList();
    }

    private String key(KernelSource source, Target target) {
        MessageDigest digest = CodeCache.sha256();
        for (String part : List.of(version.toString(), String.join(" ", options(target)), source.code())) {
            digest.update(part.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
