package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.nvrtc.NvrtcBindings;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** {@link Nvrtc} on the generated bindings. */
final class NativeNvrtc implements Nvrtc {
    NativeNvrtc() {}

    private static void check(String call, int status, String explanation) {
        if (status != NvrtcBindings.NVRTC_SUCCESS()) {
            throw CudaException.failed(
                    call, status, Scratch.text(NvrtcBindings.nvrtcGetErrorString(status)), explanation);
        }
    }

    private static void check(String call, int status) {
        check(call, status, "");
    }

    @Override
    public Version version() {
        return Libraries.require(NativeLibrary.NVRTC).version();
    }

    @Override
    public List<Integer> architectures() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            check("nvrtcGetNumSupportedArchs", NvrtcBindings.nvrtcGetNumSupportedArchs(count));
            MemorySegment architectures = arena.allocate(ValueLayout.JAVA_INT, Scratch.readInt(count));
            check("nvrtcGetSupportedArchs", NvrtcBindings.nvrtcGetSupportedArchs(architectures));
            List<Integer> list = new ArrayList<>();
            for (int architecture : architectures.toArray(ValueLayout.JAVA_INT)) {
                list.add(architecture);
            }
            return list;
        }
    }

    @Override
    public byte[] compile(String name, String source, List<String> options, Output output) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment programAt = arena.allocate(ValueLayout.ADDRESS);
            check(
                    "nvrtcCreateProgram " + name,
                    NvrtcBindings.nvrtcCreateProgram(
                            programAt,
                            arena.allocateFrom(source),
                            arena.allocateFrom(name),
                            0,
                            MemorySegment.NULL,
                            MemorySegment.NULL));
            MemorySegment program = Scratch.readHandle(programAt);
            try {
                compile(name, program, options, arena);
                return switch (output) {
                    case CUBIN -> cubin(program, arena);
                    case PTX -> ptx(program, arena);
                };
            } finally {
                check("nvrtcDestroyProgram " + name, NvrtcBindings.nvrtcDestroyProgram(programAt));
            }
        }
    }

    private static void compile(String name, MemorySegment program, List<String> options, Arena arena) {
        MemorySegment texts = arena.allocate(ValueLayout.ADDRESS, options.size());
        for (int i = 0; i < options.size(); i++) {
            texts.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(options.get(i)));
        }
        int status = NvrtcBindings.nvrtcCompileProgram(program, options.size(), texts);
        if (status != NvrtcBindings.NVRTC_SUCCESS()) {
            check("nvrtcCompileProgram " + name, status, log(program, arena));
        }
    }

    private static String log(MemorySegment program, Arena arena) {
        MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
        check("nvrtcGetProgramLogSize", NvrtcBindings.nvrtcGetProgramLogSize(program, size));
        MemorySegment log = arena.allocate(Math.max(1, Scratch.readLong(size)));
        check("nvrtcGetProgramLog", NvrtcBindings.nvrtcGetProgramLog(program, log));
        return log.getString(0);
    }

    private static byte[] cubin(MemorySegment program, Arena arena) {
        MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
        check("nvrtcGetCUBINSize", NvrtcBindings.nvrtcGetCUBINSize(program, size));
        MemorySegment code = arena.allocate(Scratch.readLong(size));
        check("nvrtcGetCUBIN", NvrtcBindings.nvrtcGetCUBIN(program, code));
        return code.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] ptx(MemorySegment program, Arena arena) {
        MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
        check("nvrtcGetPTXSize", NvrtcBindings.nvrtcGetPTXSize(program, size));
        MemorySegment code = arena.allocate(Scratch.readLong(size));
        check("nvrtcGetPTX", NvrtcBindings.nvrtcGetPTX(program, code));
        return code.toArray(ValueLayout.JAVA_BYTE);
    }
}
