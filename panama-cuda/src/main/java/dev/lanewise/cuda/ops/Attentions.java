package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.NetworkTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;

/**
 * Runs {@link Attention} in one launch and {@link AttentionGrad} in two, without the matrix of all scores. Operands
 * may have any strides; results are the same bits on every device.
 */
public final class Attentions {
    /** Threads of a block, as the kernels expect them. */
    private static final Block BLOCK = Block.of(128);

    /** Rows of a tile of single precision; of double precision it has half as many. */
    private static final int TILE_ROWS = 64;

    private static final int WIDEST = 128;

    /** The maximum number of rows of a head, which kernels count in 32 bits, including tiles. */
    private static final long MOST_ROWS = 1L << 30;

    private static final Program.OfType OF_32 = program(32);
    private static final Program.OfType OF_64 = program(64);
    private static final Program.OfType OF_WIDEST = program(WIDEST);

    /** The first compute capability whose tensor cores multiply BF16. */
    private static final int BF16_ARCHITECTURE = 80;

    private final CudaDevice device;
    private final Program program;
    private final AttentionOperands operands;
    private final long tileRows;

    private Attentions(CudaDevice device, AttentionOperands operands) {
        this.device = device;
        this.operands = operands;
        int width = Math.toIntExact(Math.max(operands.width(), operands.valueWidth()));
        program = (width <= 32 ? OF_32 : width <= 64 ? OF_64 : OF_WIDEST).of(operands.type());
        tileRows = operands.type() == DType.F64 ? TILE_ROWS / 2 : TILE_ROWS;
    }

    private static Program.OfType program(int width) {
        return new Program.OfType("attention " + width, type -> NetworkTemplates.attention(width, type));
    }

    /**
     * Whether the kernels support a fused operation. Attention is left to its decomposition where heads have more than
     * {@value #WIDEST} columns, for which a thread has too few registers, and in BF16 on devices whose tensor cores
     * don't have that type.
     */
    public static boolean supports(CudaDevice device, Op.Fused op, Tensor[] inputs) {
        return op instanceof Attention
                ? supports(device, inputs[0], inputs[2])
                : !(op instanceof AttentionGrad) || supports(device, inputs[1], inputs[3]);
    }

    private static boolean supports(CudaDevice device, Tensor queries, Tensor values) {
        return Math.max(queries.shape().size(-2), values.shape().size(-2)) <= MOST_ROWS
                && queries.shape().rank() - 2 <= Walk.MAX_RANK
                && Math.max(queries.shape().size(-1), values.shape().size(-1)) <= WIDEST
                && values.shape().size(-2) > 0
                && (queries.dtype() != DType.BF16 || device.architecture() >= BF16_ARCHITECTURE);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Attention op, Tensor[] inputs, Tensor[] outputs) {
        AttentionOperands operands = AttentionOperands.of(op, inputs);
        Attentions attention = new Attentions(device, operands);
        attention.queue(
                "attention",
                operands.queries(),
                attention
                        .arguments()
                        .pointer(DeviceBuffer.address(outputs[0]))
                        .pointer(DeviceBuffer.address(outputs[1])));
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, AttentionGrad op, Tensor[] inputs, Tensor[] outputs) {
        AttentionOperands operands = AttentionOperands.of(op, inputs);
        Attentions attention = new Attentions(device, operands);
        long rows = operands.heads() * operands.queries();
        try (Dense logSums = Dense.of(device, inputs[5]);
                ScratchMemory deltas = device.scratch(rows * Double.BYTES)) {
            attention.queue(
                    "attention_grad_queries",
                    operands.queries(),
                    attention
                            .arguments()
                            .pointer(logSums.address())
                            .pointer(deltas.address())
                            .pointer(DeviceBuffer.address(outputs[0])));
            attention.queue(
                    "attention_grad_keys_values",
                    operands.keys(),
                    attention
                            .arguments()
                            .pointer(logSums.address())
                            .pointer(deltas.address())
                            .pointer(DeviceBuffer.address(outputs[1]))
                            .pointer(DeviceBuffer.address(outputs[2])));
        }
    }

    private KernelArguments arguments() {
        KernelArguments arguments = device.arguments();
        operands.write(arguments.struct(AttentionOperands.BYTES));
        return arguments;
    }

    /** A block takes a tile of the rows of a head. */
    private void queue(String kernel, long rows, KernelArguments arguments) {
        long tiles = operands.heads() * Math.ceilDiv(rows, tileRows);
        if (tiles > 0) {
            Threads threads = new Threads(Threads.blocks(tiles, 1), BLOCK, false);
            Launch.queue(device, program, kernel, threads, arguments);
        }
    }
}
