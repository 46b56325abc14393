package dev.lanewise.testkit.conformance;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;
import dev.lanewise.tensor.spi.Backend;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The document with the table of operations, made from the catalogue: names, types, backends and gradients. */
public final class OpDocument {
    private static final String HEAD = """
            # Operations

            Every primitive operation of the catalogue; all others are composed of them. This table is generated from the
            catalogue by a test, which fails when it is stale and writes it with `-Dops.update=true`.

            Types: `floats` are F32, F64, F16 and BF16, `integers` I8, U8, I32 and I64, `numbers` both, `all` numbers and
            BOOL. A backend runs an operation by a kernel of its own or composes it of others; a view only presents the same
            memory under another shape. On CUDA, some are run by a library or on the host; [gpu-results](gpu-results.md) says what
            has been tested there and how. An operation without gradient gives constants: its results are whole numbers or
            truth values, constant almost everywhere, or it updates in place.

            | operation | PyTorch | types | CPU | CUDA | gradient |
            | --- | --- | --- | --- | --- | --- |
            """;

    /** PyTorch's names where they differ, or where the operation is not in {@code torch}. */
    private static final Map<String, String> PYTORCH = Map.ofEntries(
            Map.entry("not", "torch.bitwise_not"),
            Map.entry("and", "torch.bitwise_and"),
            Map.entry("or", "torch.bitwise_or"),
            Map.entry("xor", "torch.bitwise_xor"),
            Map.entry("shl", "torch.bitwise_left_shift"),
            Map.entry("shr", "torch.bitwise_right_shift"),
            Map.entry("floor_div", "torch.floor_divide"),
            Map.entry("quantized_linear", "F.linear of a weight in blocks"),
            Map.entry("unpack", "a weight in blocks, widened"),
            Map.entry("integer_product", "torch._int_mm"),
            Map.entry("scaled_integer_product", "torch._int_mm, mul, add"),
            Map.entry("dynamic_quantize", "torch.quantize_per_tensor_dynamic"),
            Map.entry("add_scalar", "torch.add"),
            Map.entry("mul_scalar", "torch.mul"),
            Map.entry("rsub_scalar", "torch.rsub"),
            Map.entry("div_scalar", "torch.div"),
            Map.entry("rdiv_scalar", "torch.div"),
            Map.entry("pow_scalar", "torch.pow"),
            Map.entry("gelu_tanh", "F.gelu(approximate='tanh')"),
            Map.entry("to", "Tensor.to"),
            Map.entry("copy", "Tensor.clone, copy_"),
            Map.entry("reshape", "Tensor.view, reshape"),
            Map.entry("permute", "torch.permute"),
            Map.entry("expand", "Tensor.expand"),
            Map.entry("slice", "x[start:end:step]"),
            Map.entry("silu", "F.silu"),
            Map.entry("softplus", "F.softplus"),
            Map.entry("gelu", "F.gelu"),
            Map.entry("mish", "F.mish"),
            Map.entry("hardsigmoid", "F.hardsigmoid"),
            Map.entry("leaky_relu", "F.leaky_relu"),
            Map.entry("elu", "F.elu"),
            Map.entry("hardtanh", "F.hardtanh"),
            Map.entry("pad", "F.pad"),
            Map.entry("scatter_mul", "torch.scatter_reduce('prod')"),
            Map.entry("scatter_amax", "torch.scatter_reduce('amax')"),
            Map.entry("scatter_amin", "torch.scatter_reduce('amin')"),
            Map.entry("slice_grad", "torch.slice_scatter"),
            Map.entry("cholesky", "torch.linalg.cholesky"),
            Map.entry("qr", "torch.linalg.qr"),
            Map.entry("svd", "torch.linalg.svd"),
            Map.entry("solve", "torch.linalg.solve"),
            Map.entry("solve_lower", "torch.linalg.solve_triangular"),
            Map.entry("solve_upper", "torch.linalg.solve_triangular"),
            Map.entry("inverse", "torch.linalg.inv"),
            Map.entry("det", "torch.linalg.det"),
            Map.entry("linear", "F.linear"),
            Map.entry("conv2d", "F.conv2d"),
            Map.entry("conv2d_relu", "F.relu of F.conv2d"),
            Map.entry("conv2d_input_grad", "F.conv_transpose2d"),
            Map.entry("conv2d_weight_grad", "backward of conv2d"),
            Map.entry("max_pool2d", "F.max_pool2d"),
            Map.entry("avg_pool2d", "F.avg_pool2d"),
            Map.entry("softmax", "F.softmax"),
            Map.entry("log_softmax", "F.log_softmax"),
            Map.entry("dropout", "F.dropout"),
            Map.entry("cross_entropy", "F.cross_entropy"),
            Map.entry("layer_norm", "F.layer_norm"),
            Map.entry("batch_norm", "F.batch_norm"),
            Map.entry("scaled_dot_product_attention", "F.scaled_dot_product_attention"),
            Map.entry("rnn_tanh", "torch.rnn_tanh, nn.RNN"),
            Map.entry("gru", "torch.gru, nn.GRU"),
            Map.entry("lstm", "torch.lstm, nn.LSTM"),
            Map.entry("sgd_step", "torch.optim.SGD"),
            Map.entry("adam_step", "torch.optim.Adam, AdamW"));

    /** Views of a tensor {@code [2, 1, 3]}. */
    private static final List<Op.View> STRUCTURAL = List.of(
            new Reshape(Shape.of(6)),
            new Permute(List.of(2, 0, 1)),
            new Expand(Shape.of(2, 4, 3)),
            new Slice(2, 0, 2, 1));

    private OpDocument() {}

    /**
     * {@return the document, in Markdown}
     *
     * @param cpu the backend of the CPU
     * @param cuda what runs an operation on a GPU, in a word or two
     */
    public static String markdown(Backend cpu, Function<Op, String> cuda) {
        Map<String, Op> byName = new LinkedHashMap<>();
        OpCatalogue.ops().forEach(op -> byName.putIfAbsent(op.opName(), op));
        STRUCTURAL.forEach(op -> byName.putIfAbsent(op.opName(), op));
        return HEAD
                + byName.values().stream()
                        .map(op -> String.join(
                                " | ",
                                "| " + op.opName(),
                                pytorch(op.opName()),
                                types(op),
                                cpu(op, cpu),
                                op instanceof Op.View ? "view" : cuda.apply(op),
                                gradient(op) + " |\n"))
                        .collect(Collectors.joining());
    }

    private static String pytorch(String name) {
        boolean backward = name.endsWith("_grad");
        String own = PYTORCH.get(name);
        if (own != null) {
            return own;
        }
        return backward ? "backward of " + name.substring(0, name.length() - "_grad".length()) : "torch." + name;
    }

    private static String types(Op op) {
        if (op instanceof Ternary) {
            return "BOOL and twice all";
        }
        Set<DType> types = op instanceof Source.Random random
                ? random.distribution() == Source.Distribution.INTEGER ? DType.INTEGERS : DType.FLOATING
                : op.dtypes();
        Map<Set<DType>, String> names = Map.of(
                DType.ALL, "all",
                DType.NUMBERS, "numbers",
                DType.FLOATING, "floats",
                DType.INTEGERS, "integers",
                DType.BITS, "integers, BOOL");
        String name = names.get(types);
        return name != null
                ? name
                : EnumSet.copyOf(types).stream().map(Enum::name).collect(Collectors.joining(", "));
    }

    private static String cpu(Op op, Backend backend) {
        if (op instanceof Op.Fused fused) {
            try (var ignored = Scope.open(op.opName())) {
                return backend.supports(fused, operands(op)) ? "kernel" : "composed";
            }
        }
        return op instanceof Op.View ? "view" : "kernel";
    }

    private static String gradient(Op op) {
        if (op instanceof Source || op instanceof Update) {
            return "no";
        }
        try (var ignored = Scope.open(op.opName())) {
            Tensor[] operands = operands(op);
            for (int i = 0; i < operands.length; i++) {
                operands[i] = operands[i].dtype().isFloating() ? Autograd.watch(operands[i]) : operands[i];
            }
            boolean tracked = Arrays.stream(Tensor.applyAll(op, operands)).anyMatch(Autograd::isTracked);
            return tracked ? "yes" : "no";
        }
    }

    private static Tensor[] operands(Op op) {
        if (op instanceof Op.View) {
            return new Tensor[] {Tensor.zeros(2, 1, 3)};
        }
        DType dtype = op.dtypes().contains(DType.F32)
                ? DType.F32
                : op.dtypes().iterator().next();
        Operands make = new Operands(Device.CPU, dtype, Layout.CONTIGUOUS, 0);
        return Samples.of(op, dtype).stream()
                .map(sample -> sample.operands().apply(make))
                .filter(operands ->
                        Arrays.stream(operands).noneMatch(x -> x.shape().isEmpty()))
                .findFirst()
                .orElseThrow();
    }
}
