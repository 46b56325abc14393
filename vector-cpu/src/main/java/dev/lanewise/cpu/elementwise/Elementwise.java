package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs elementwise operations. Operands have any strides and broadcast; outputs are dense, except those of {@link Copy}.
 * {@link DType#F16} and {@link DType#BF16} operands are converted before, other than for copies, casts and selection.
 */
public final class Elementwise {
    /** Rows shorter than this are not worth a loop of their own each. */
    private static final int SHORT_ROW = 8;

    private Elementwise() {}

    /** {@code out = op(a)}. */
    public static void run(Unary op, Tensor[] inputs, Tensor[] outputs) {
        run(CpuKernels.of(op, inputs[0].dtype()), Nest.of(outputs[0], inputs));
    }

    /** {@code out = op(a)} with the operation's numbers. */
    public static void run(UnaryWith op, Tensor[] inputs, Tensor[] outputs) {
        DType dtype = inputs[0].dtype();
        // integers compare with numbers that their own type may not hold
        DType numberType = dtype.isInteger() ? DType.I64 : dtype;
        try (Scratch numbers = Scratch.borrow(2L * Long.BYTES)) {
            long first = numbers.address();
            long second = first + Long.BYTES;
            Sources.write(numberType, op.a(), first);
            Sources.write(numberType, op.b(), second);
            boolean both = dtype.isInteger() || op.takesTwo();
            Nest nest = Nest.of(outputs[0], inputs);
            run(CpuKernels.of(op.kind(), dtype), both ? nest.withNumbers(first, second) : nest.withNumbers(first));
        }
    }

    /** {@code out = op(a, b)}. */
    public static void run(Binary op, Tensor[] inputs, Tensor[] outputs) {
        run(CpuKernels.of(op, inputs[0].dtype()), Nest.of(outputs[0], inputs));
    }

    /** {@code out = op(a, b)}, truth values. */
    public static void run(Compare op, Tensor[] inputs, Tensor[] outputs) {
        run(CpuKernels.of(op, inputs[0].dtype()), Nest.of(outputs[0], inputs));
    }

    /** {@code out = a ? b : c}. */
    public static void run(Ternary op, Tensor[] inputs, Tensor[] outputs) {
        switch (op) {
            case WHERE -> run(Select.of(inputs[1].dtype().bytes()), Nest.of(outputs[0], inputs));
        }
    }

    /** {@code out = a}, converted. */
    public static void run(Cast op, Tensor[] inputs, Tensor[] outputs) {
        DType from = inputs[0].dtype();
        Nest nest = Nest.of(outputs[0], inputs);
        if (from == op.to()) {
            Copies.run(nest);
        } else {
            run(CpuKernels.cast(from, op.to()), nest);
        }
    }

    /** {@code out = a}; the only operation whose output may be strided. */
    public static void run(Copy op, Tensor[] inputs, Tensor[] outputs) {
        switch (op) {
            case COPY -> Copies.run(Nest.of(outputs[0], inputs));
        }
    }

    /** Sets every element to one number. */
    public static void run(Source.Fill op, Tensor[] outputs) {
        Sources.fill(op, outputs[0]);
    }

    /** Sets the elements to equally spaced numbers. */
    public static void run(Source.Range op, Tensor[] outputs) {
        Sources.range(op, outputs[0]);
    }

    private static void run(Loop loop, Nest nest) {
        boolean shortRows = nest.rowSize() < SHORT_ROW && nest.rows() > SHORT_ROW;
        List<Scratch> copies = new ArrayList<>(0);
        try {
            Nest ready = nest;
            int pattern = 0;
            for (int i = 1; i < nest.operands(); i++) {
                boolean number = nest.isNumber(i);
                if (number || !shortRows && nest.hasRepeatedRows(i)) {
                    pattern |= 1 << i - 1;
                } else if (shortRows || !nest.hasDenseRows(i)) {
                    ready = ready.withDense(i, denseCopy(nest, i, copies));
                }
            }
            for (int i = 1; !loop.accepts(pattern); i++) {
                if ((pattern & 1 << i - 1) != 0) {
                    ready = ready.withDense(i, denseCopy(nest, i, copies));
                    pattern ^= 1 << i - 1;
                }
            }
            (ready == nest ? nest : ready.remerged()).run(loop, pattern);
        } finally {
            for (Scratch copy : copies) {
                copy.close();
            }
        }
    }

    private static long denseCopy(Nest nest, int operand, List<Scratch> copies) {
        Scratch scratch = Scratch.borrow(nest.elements() * nest.width(operand));
        copies.add(scratch);
        Copies.run(nest.copyOf(operand, scratch.address()));
        return scratch.address();
    }
}
