package dev.lanewise.bench;

import dev.lanewise.bench.OpWorkload.Rate;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** The operations of {@code bench ops}: names, shapes and order are those of {@code bench/peers/pytorch_peer.py}. */
public final class OpWorkloads {
    private static final long[] SQUARE = {32, 64, 128, 256, 512, 1024, 2048};
    private static final long[] SQUARE_ON_GPU = {4096, 8192};
    private static final long[][] LINEAR = {
        {128, 784, 100}, {64, 9216, 128}, {2048, 128, 512}, {1, 1024, 1024}, {32, 4096, 1000}
    };
    private static final long[] VECTOR = {1 << 12, 1 << 16, 1 << 20, 1 << 24};
    private static final long[][] MATRIX = {{128, 10}, {1024, 1024}, {4096, 256}};
    /** Samples, input channels, height and width, output channels, kernel, stride, padding. */
    private static final long[][] CONVOLUTION = {
        {64, 1, 28, 32, 3, 1, 0},
        {64, 32, 26, 64, 3, 1, 0},
        {64, 1, 28, 6, 5, 1, 2},
        {64, 6, 14, 16, 5, 1, 0},
        {32, 64, 32, 64, 3, 1, 1},
        {32, 128, 16, 128, 3, 1, 1},
        {32, 256, 8, 256, 3, 1, 1},
        {32, 512, 4, 512, 3, 1, 1},
        {32, 64, 32, 128, 1, 2, 0},
        {8, 3, 224, 64, 7, 2, 3}
    };

    /** Channels, height and width, kernel, stride: the depthwise layers of MobileNetV2 and EfficientNet-B0 at 96 x 96. */
    private static final long[][] DEPTHWISE = {
        {32, 48, 3, 1},
        {96, 48, 3, 2},
        {144, 24, 3, 1},
        {192, 12, 3, 1},
        {384, 6, 3, 1},
        {576, 6, 3, 2},
        {960, 3, 3, 1},
        {144, 24, 5, 2},
        {240, 12, 5, 1},
        {480, 6, 5, 1},
        {672, 6, 5, 1},
        {1152, 3, 5, 1}
    };

    private static final long[] BATCHES = {1, 4, 32};

    private static final long[] IMAGES = {64, 64, 24, 24};

    private final List<OpWorkload> all = new ArrayList<>();

    private OpWorkloads() {}

    /**
     * Every workload.
     *
     * @param gpu whether to add those that are for a GPU only
     */
    static List<OpWorkload> all(boolean gpu) {
        OpWorkloads workloads = new OpWorkloads();
        workloads.products(gpu);
        workloads.elementwise();
        workloads.rows();
        for (long[] shape : CONVOLUTION) {
            workloads.convolution(shape);
        }
        for (long batch : BATCHES) {
            for (long[] layer : DEPTHWISE) {
                workloads.depthwise(batch, layer[0], layer[1], (int) layer[2], (int) layer[3]);
            }
        }
        workloads.images();
        return List.copyOf(workloads.all);
    }

    /** The names of all, in their order. */
    public static List<String> names() {
        return all(true).stream().map(OpWorkload::op).distinct().toList();
    }

    /** How many there are on a GPU: several of a name, by their shapes. */
    public static int count() {
        return all(true).size();
    }

    private void products(boolean gpu) {
        for (long n : SQUARE) {
            square(n);
        }
        if (gpu) {
            for (long n : SQUARE_ON_GPU) {
                square(n);
            }
        }
        for (long[] shape : LINEAR) {
            long m = shape[0];
            long k = shape[1];
            long n = shape[2];
            add("linear", shape, Rate.GFLOPS, 2.0 * m * k * n, operands -> {
                Tensor x = operands.normal(m, k);
                Tensor weight = operands.normal(n, k);
                Tensor bias = operands.normal(n);
                return () -> x.linear(weight, bias);
            });
        }
    }

    private void square(long n) {
        add("matmul", new long[] {n, n, n}, Rate.GFLOPS, 2.0 * n * n * n, operands -> {
            Tensor x = operands.normal(n, n);
            Tensor y = operands.normal(n, n);
            return () -> x.matmul(y);
        });
    }

    private void elementwise() {
        Map<String, UnaryOperator<Tensor>> unary = new LinkedHashMap<>();
        unary.put("relu", Tensor::relu);
        unary.put("exp", Tensor::exp);
        unary.put("tanh", Tensor::tanh);
        unary.put("sigmoid", Tensor::sigmoid);
        unary.put("gelu", Tensor::gelu);
        unary.put("sum", Tensor::sum);
        for (long size : VECTOR) {
            long[] shape = {size};
            add("add", shape, Rate.GELEMS, size, operands -> {
                Tensor x = operands.normal(size);
                Tensor y = operands.normal(size);
                return () -> x.add(y);
            });
            add("mul", shape, Rate.GELEMS, size, operands -> {
                Tensor x = operands.normal(size);
                Tensor y = operands.normal(size);
                return () -> x.mul(y);
            });
            unary.forEach((name, op) -> add(name, shape, Rate.GELEMS, size, operands -> {
                Tensor x = operands.normal(size);
                return () -> {
                    Objects.requireNonNull(op.apply(x));
                };
            }));
        }
    }

    private void rows() {
        for (long[] shape : MATRIX) {
            long n = shape[1];
            add("softmax", shape, operands -> {
                Tensor x = operands.normal(shape);
                return () -> x.softmax(1);
            });
            add("layer_norm", shape, operands -> {
                Tensor x = operands.normal(shape);
                Tensor weight = operands.normal(n);
                Tensor bias = operands.normal(n);
                return () -> x.layerNorm(1, weight, bias, 1e-5);
            });
            add("sum_dim0", shape, operands -> {
                Tensor x = operands.normal(shape);
                return () -> x.sum(0);
            });
            add("transpose_copy", shape, operands -> {
                Tensor x = operands.normal(shape);
                return () -> x.transpose().contiguous();
            });
        }
    }

    private void convolution(long[] shape) {
        Convolution2d conv = new Convolution2d((int) shape[5], (int) shape[6]);
        long[] input = {shape[0], shape[1], shape[2], shape[2]};
        long[] filter = {shape[3], shape[1], shape[4], shape[4]};
        convolution("conv2d", shape, conv, input, filter);
    }

    private void depthwise(long batch, long channels, long size, int kernel, int stride) {
        int padding = kernel / 2;
        Convolution2d conv = new Convolution2d(stride, stride, padding, padding, 1, 1, Math.toIntExact(channels));
        long[] shape = {batch, channels, size, kernel, stride, padding};
        convolution("depthwise", shape, conv, new long[] {batch, channels, size, size}, new long[] {
            channels, 1, kernel, kernel
        });
    }

    private void convolution(String name, long[] shape, Convolution2d conv, long[] input, long[] filter) {
        int kernel = Math.toIntExact(filter[2]);
        long size = input[2];
        long outputSize = (size + 2L * conv.paddingH() - kernel) / conv.strideH() + 1;
        long[] output = {input[0], filter[0], outputSize, outputSize};
        double flops = 2.0 * output[0] * output[1] * outputSize * outputSize * filter[1] * kernel * kernel;
        add(name + "_forward", shape, Rate.GFLOPS, flops, operands -> {
            Tensor x = operands.normal(input);
            Tensor weight = operands.normal(filter);
            return () -> Tensor.apply(conv, x, weight);
        });
        add(name + "_backward", shape, Rate.GFLOPS, 2 * flops, operands -> {
            Tensor x = operands.normal(input);
            Tensor weight = operands.normal(filter);
            Tensor gradient = operands.normal(output);
            return () -> {
                Tensor.apply(new Convolution2dInputGrad(conv, size, size), gradient, weight);
                Tensor.apply(new Convolution2dWeightGrad(conv, kernel, kernel), gradient, x);
            };
        });
    }

    private void images() {
        add("max_pool2d", IMAGES, operands -> {
            Tensor x = operands.normal(IMAGES);
            return () -> x.maxPool2d(Window.of(2));
        });
        add("batch_norm_train", IMAGES, operands -> {
            Tensor x = operands.normal(IMAGES);
            BatchNorm norm = new BatchNorm(IMAGES[1]);
            norm.to(operands.device());
            return () -> norm.forward(x);
        });
    }

    private void add(String op, long[] shape, OpWorkload.Preparation prepare) {
        add(op, shape, Rate.NONE, 0, prepare);
    }

    private void add(String op, long[] shape, Rate rate, double count, OpWorkload.Preparation prepare) {
        List<Long> sizes = new ArrayList<>();
        for (long size : shape) {
            sizes.add(size);
        }
        all.add(new OpWorkload(op, sizes, rate, count, prepare));
    }
}
