package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.Scan;
import java.lang.foreign.MemorySegment;

/**
 * Runs running sums and products. Short lines, and many lines side by side, take a thread each; else a block takes a
 * line, or a part of a long one once it is known what comes before the part.
 */
public final class Scans {
    private static final Program.OfKind<Scan.Kind> SCAN = new Program.OfKind<>(Scan.Kind.class, KernelTemplates::scan);

    /** This many lines fill a GPU with one thread each. */
    private static final long MANY_LINES = 1 << 13;

    /** A line this short is done before the threads of a block have synchronized. */
    private static final long SHORT = 64;

    /** The elements that a thread of a block takes at a time, as the kernel has it. */
    private static final long ITEMS = 4;

    private static final long BLOCKS = 512;

    /** The minimum part of a line worth dividing it for: several tiles of a block. */
    private static final long ELEMENTS_OF_PART = 1 << 13;

    private static final long SCAN_BYTES = 4 * 8;
    private static final long ACCUMULATOR_BYTES = 8;

    private final CudaDevice device;
    private final Program program;
    private final boolean reverse;
    private final Lines lines;

    private Scans(CudaDevice device, Scan op, Tensor x) {
        this.device = device;
        program = SCAN.of(op.kind(), x.dtype());
        reverse = op.reverse();
        lines = Lines.of(x.shape(), op.dim());
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Scan op, Tensor[] inputs, Tensor[] outputs) {
        try (Dense x = Dense.of(device, inputs[0])) {
            new Scans(device, op, inputs[0]).run(x.address(), DeviceBuffer.address(outputs[0]));
        }
    }

    private void run(long x, long out) {
        if (lines.n() <= SHORT || lines.inner() > 1 && lines.count() >= MANY_LINES) {
            KernelArguments arguments = arguments().pointer(x).pointer(out);
            Launch.queue(device, program, "scan_lines", Threads.of(lines.count()), arguments);
            return;
        }
        long parts = Math.clamp(lines.n() / ELEMENTS_OF_PART, 1, Math.ceilDiv(BLOCKS, lines.count()));
        if (parts == 1) {
            scan(x, 1, 0, out);
            return;
        }
        try (ScratchMemory totals = device.scratch(lines.count() * parts * ACCUMULATOR_BYTES)) {
            KernelArguments arguments = arguments().i64(parts).pointer(x).pointer(totals.address());
            Launch.queue(device, program, "scan_totals", threads(parts), arguments);
            arguments = device.arguments().i64(lines.count()).i64(parts).pointer(totals.address());
            Launch.queue(device, program, "scan_before", Threads.of(lines.count()), arguments);
            scan(x, parts, totals.address(), out);
        }
    }

    private void scan(long x, long parts, long before, long out) {
        KernelArguments arguments =
                arguments().i64(parts).pointer(x).pointer(before).pointer(out);
        Launch.queue(device, program, "scan_parts", threads(parts), arguments);
    }

    private Threads threads(long parts) {
        return Threads.ofBlocks(lines.count() * parts, Math.ceilDiv(lines.n(), ITEMS));
    }

    private KernelArguments arguments() {
        KernelArguments arguments = device.arguments();
        MemorySegment scan = arguments.struct(SCAN_BYTES);
        scan.setAtIndex(JAVA_LONG, 0, lines.count());
        scan.setAtIndex(JAVA_LONG, 1, lines.n());
        scan.setAtIndex(JAVA_LONG, 2, lines.inner());
        scan.set(JAVA_INT, 24, reverse ? 1 : 0);
        return arguments;
    }
}
