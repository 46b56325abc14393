package dev.lanewise.cuda.kernel;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Every program of every template. */
public final class KernelPrograms {
    private KernelPrograms() {}

    /** The programs, each for every type that its operation takes. */
    public static List<KernelSource> all() {
        List<KernelSource> programs = new ArrayList<>();
        for (DType dtype : DType.values()) {
            addElementwise(programs, dtype);
            addReductions(programs, dtype);
            programs.add(KernelTemplates.source(dtype));
            programs.add(KernelTemplates.sort(dtype));
        }
        Stream.of(1, 2, 4, 8).map(KernelTemplates::copy).forEach(programs::add);
        Stream.of(1, 2, 4, 8).map(KernelTemplates::transpose).forEach(programs::add);
        Stream.of(1, 2, 4, 8, 16).map(KernelTemplates::indexing).forEach(programs::add);
        DType.FLOATING.forEach(dtype -> {
            programs.add(NetworkTemplates.pool(dtype));
            programs.add(NetworkTemplates.batchNorm(dtype));
            Stream.of(32, 64, 128)
                    .map(width -> NetworkTemplates.attention(width, dtype))
                    .forEach(programs::add);
            programs.add(KernelTemplates.softmax(false, dtype));
            programs.add(KernelTemplates.softmax(true, dtype));
            programs.add(KernelTemplates.layerNorm(dtype));
            programs.add(KernelTemplates.crossEntropy(dtype));
            programs.add(KernelTemplates.update(dtype));
        });
        Stream.of(DType.F32, DType.F64).map(KernelTemplates::linalg).forEach(programs::add);
        DType.NUMBERS.forEach(dtype -> {
            programs.add(NetworkTemplates.product(dtype));
            programs.add(KernelTemplates.random(dtype));
            programs.add(KernelTemplates.indexAdd(dtype));
            Arrays.stream(Scan.Kind.values())
                    .map(kind -> KernelTemplates.scan(kind, dtype))
                    .forEach(programs::add);
        });
        for (DType dtype : DType.values()) {
            Arrays.stream(Scatter.Kind.values())
                    .filter(kind -> new Scatter(kind, 0).dtypes().contains(dtype))
                    .map(kind -> KernelTemplates.scatter(kind, dtype))
                    .forEach(programs::add);
        }
        return programs;
    }

    /** What every program starts with. */
    public static String prelude() {
        return KernelTemplates.prelude();
    }

    private static void addElementwise(List<KernelSource> programs, DType dtype) {
        for (Unary op : Unary.values()) {
            if (op.dtypes().contains(dtype)) {
                programs.add(KernelTemplates.unary(op, dtype));
            }
        }
        for (UnaryWith.Kind op : UnaryWith.Kind.values()) {
            if (new UnaryWith(op, 1).dtypes().contains(dtype)) {
                programs.add(KernelTemplates.unaryWith(op, dtype));
            }
        }
        for (Binary op : Binary.values()) {
            if (op.dtypes().contains(dtype)) {
                programs.add(KernelTemplates.binary(op, dtype));
            }
        }
        Arrays.stream(Compare.values())
                .map(op -> KernelTemplates.compare(op, dtype))
                .forEach(programs::add);
        Arrays.stream(Ternary.values())
                .map(op -> KernelTemplates.ternary(op, dtype))
                .forEach(programs::add);
        Arrays.stream(DType.values()).map(to -> KernelTemplates.cast(dtype, to)).forEach(programs::add);
    }

    private static void addReductions(List<KernelSource> programs, DType dtype) {
        for (Reduce.Kind kind : Reduce.Kind.values()) {
            if (new Reduce(kind, List.of(), false).dtypes().contains(dtype)) {
                programs.add(KernelTemplates.reduce(kind, dtype));
            }
        }
        if (DType.NUMBERS.contains(dtype)) {
            for (ArgReduce.Kind kind : ArgReduce.Kind.values()) {
                programs.add(KernelTemplates.argReduce(kind, dtype));
            }
        }
    }
}
