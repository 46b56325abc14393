package dev.lanewise.cuda.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.HostCuda;
import dev.lanewise.cuda.HostCudaProvider;
import dev.lanewise.cuda.api.ComputeType;
import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.api.Epilogue;
import dev.lanewise.cuda.host.HostCublas;
import dev.lanewise.cuda.host.HostCublasLt;
import dev.lanewise.cuda.host.HostCudnn;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.CudaLibraries;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(HostCuda.class)
class ProductsTest {
    private static final Device CUDA = Device.cuda(0);

    @TempDir
    Path folder;

    private final Rng rng = new Rng(4);

    /** Products of their own, on a library of their own. */
    private Products products(CublasLt library) {
        CudaDevice device = new CudaDevice(
                CUDA,
                new CudaLibraries(
                        HostCudaProvider.driver(),
                        HostCudaProvider.kernels(),
                        library,
                        new HostCublas(),
                        new HostCudnn().library()),
                new CodeCache(folder),
                () -> {},
                () -> "");
        return new Products(device);
    }

    private Tensor random(long... sizes) {
        return rng.randn(DType.F32, sizes).to(CUDA);
    }

    private static void equalsCpu(Tensor a, Tensor b) {
        float[] expected = a.to(Device.CPU)
                .contiguous()
                .matmul(b.to(Device.CPU).contiguous())
                .toFloatArray();
        assertThat(a.matmul(b).toFloatArray()).containsExactly(expected, within(1e-4f));
    }

    @Test
    void operandsOfAnyLayoutGiveTheProductOfTheirCopies() {
        try (var ignored = Scope.open("test")) {
            List<UnaryOperator<Tensor>> layouts = List.of(
                    x -> x,
                    x -> x.transpose(-1, -2).contiguous().transpose(-1, -2),
                    x -> Tensor.cat(-1, x, x).narrow(-1, 0, x.shape().size(-1)),
                    x -> x.unsqueeze(-1).mul(2).expand(4, 3, 5, 2).select(-1, 1));
            for (UnaryOperator<Tensor> left : layouts.subList(0, 3)) {
                for (UnaryOperator<Tensor> right : layouts.subList(0, 3)) {
                    equalsCpu(left.apply(random(3, 5)), right.apply(random(5, 4)));
                    equalsCpu(left.apply(random(4, 3, 5)), right.apply(random(4, 5, 2)));
                    equalsCpu(left.apply(random(4, 1, 5)), right.apply(random(5, 1)));
                }
            }
            equalsCpu(layouts.get(3).apply(random(4, 3, 5)), random(4, 5, 2));
        }
    }

    @Test
    void batchesBroadcastWithoutCopies() {
        try (var ignored = Scope.open("test")) {
            equalsCpu(random(2, 3, 4, 5), random(3, 5, 2));
            equalsCpu(random(3, 4, 5), random(2, 1, 5, 2));
            equalsCpu(random(2, 3, 4, 5), random(5, 2));
            equalsCpu(random(4, 5), random(2, 3, 5, 2));
            equalsCpu(random(2, 1, 4, 5), random(1, 3, 5, 2));
            equalsCpu(random(4, 5).expand(3, 4, 5), random(3, 5, 2));
        }
    }

    @Test
    void oneProductCoversTheWholeBatchOfOneRightOperand() {
        try (var ignored = Scope.open("test")) {
            Tensor a = random(6, 4, 5);
            Tensor b = random(5, 2);
            Matrix left = matrix(a);
            List<Batch> batches = Batch.merge(new long[] {6}, left, matrix(b), 8);
            assertThat(batches).containsExactly(new Batch(6, 20, 0, 8));
            assertThat(left.withRows(24).at(0).rows()).isEqualTo(24);
        }
    }

    private static Matrix matrix(Tensor tensor) {
        int rank = tensor.shape().rank();
        long[] sizes = Arrays.copyOf(tensor.shape().toArray(), rank - 2);
        long[] strides = Arrays.copyOf(tensor.strides(), rank - 2);
        return new Matrix(
                512, tensor.shape().size(-2), tensor.shape().size(-1), tensor.stride(-2), false, sizes, strides, null);
    }

    @Test
    void integersAndProductsOverNothing() {
        try (var ignored = Scope.open("test")) {
            Tensor a = Tensor.of(1, 2, 3, 4).reshape(2, 2).to(CUDA);
            assertThat(a.matmul(a.transpose(0, 1)).toIntArray()).containsExactly(5, 11, 11, 25);
            assertThat(random(2, 0).matmul(random(0, 3)).toFloatArray()).containsOnly(0);
            Tensor bias = Tensor.of(1f, -2f).to(CUDA);
            assertThat(random(2, 0).linearRelu(random(2, 0), bias).toFloatArray())
                    .containsExactly(1, 0, 1, 0);
        }
    }

    @Test
    void libraryWithoutEpilogueOrAlgorithmLeavesTheRestToAKernel() {
        try (var ignored = Scope.open("test")) {
            Tensor x = random(3, 5);
            Tensor w = random(2, 5);
            Tensor bias = random(2);
            Tensor expected = x.linearRelu(w, bias);
            Tensor[] out = {expected.zerosLike()};
            HostCublasLt plain = new HostCublasLt(false);
            Products products = products(plain);
            products.run(new LinearProduct(LinearProduct.Activation.RELU), new Tensor[] {x, w, bias}, out);
            assertThat(out[0].toFloatArray()).containsExactly(expected.toFloatArray(), within(1e-5f));
            products.close();
            assertThat(plain.alive()).isEqualTo(1);
        }
    }

    @Test
    void biasOfAnyAlignmentIsAddedAlsoAfterAnAlignedOne() {
        try (var ignored = Scope.open("test")) {
            Tensor x = random(3, 8);
            Tensor w = random(4, 8);
            Tensor biases = random(12);
            for (int start = 0; start < 4; start++) {
                Tensor bias = biases.narrow(0, start, 4);
                float[] expected = x.to(Device.CPU)
                        .linear(w.to(Device.CPU), bias.to(Device.CPU))
                        .toFloatArray();
                assertThat(x.linear(w, bias).toFloatArray()).containsExactly(expected, within(1e-4f));
            }
        }
    }

    @Test
    void reluKeepsNaNWhateverTheLibraryMakesOfIt() {
        try (var ignored = Scope.open("test")) {
            Tensor x = Tensor.of(Float.NaN, 1, -1, 2, -3, 1).reshape(3, 2).to(CUDA);
            Tensor w = Tensor.of(1f, 2, -1, 1).reshape(2, 2).to(CUDA);
            Tensor bias = Tensor.of(0.5f, -1).to(CUDA);
            for (Tensor[] inputs : List.of(new Tensor[] {x, w, bias}, new Tensor[] {x, w})) {
                for (HostCublasLt library : List.of(new HostCublasLt(true), new HostCublasLt(true).losingNaN())) {
                    Tensor[] out = {random(3, 2)};
                    Products products = products(library);
                    products.run(new LinearProduct(LinearProduct.Activation.RELU), inputs, out);
                    float[] b = inputs.length == 3 ? new float[] {0.5f, -1} : new float[2];
                    assertThat(out[0].toFloatArray())
                            .containsExactly(Float.NaN, Float.NaN, 3 + b[0], 3 + b[1], 0, Math.max(0, 4 + b[1]));
                    products.close();
                    assertThat(library.alive()).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void productsOf16BitsAreRoundedOnce() {
        try (var ignored = Scope.open("test")) {
            for (DType dtype : List.of(DType.F16, DType.BF16)) {
                // the first half of the sum is not a number of 16 bits, and what it lacks is more than half of a last
                // place
                Tensor a = Tensor.of(256f, 1, 1, -256).reshape(1, 4).to(dtype).to(CUDA);
                Tensor b =
                        Tensor.of(16f, 1.5f, 0.25f, 16).reshape(4, 1).to(dtype).to(CUDA);
                assertThat(a.matmul(b).to(DType.F32).toFloatArray()).containsExactly(1.75f);
            }
        }
    }

    @Test
    void plansAreMadeOnceAShapeAndDestroyed() {
        try (var ignored = Scope.open("test")) {
            HostCublasLt library = new HostCublasLt(true);
            Products products = products(library);
            Tensor a = random(3, 5);
            Tensor b = random(5, 4);
            Tensor[] out = {random(3, 4)};
            products.run(MatMul.MATMUL, new Tensor[] {a, b}, out);
            int alive = library.alive();
            products.run(MatMul.MATMUL, new Tensor[] {a, b}, out);
            assertThat(library.alive()).isEqualTo(alive).isEqualTo(1 + 4);
            Settings.tf32(true);
            try {
                products.run(MatMul.MATMUL, new Tensor[] {a, b}, out);
            } finally {
                Settings.tf32(false);
            }
            assertThat(library.alive()).isEqualTo(1 + 8);
            products.close();
            assertThat(library.alive()).isEqualTo(1);
        }
    }

    @Test
    void cublasLtTakesTheDescriptors() {
        LibraryStatus status = NativeLibraries.status(NativeLibrary.CUBLAS_LT);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
        CublasLt library = CublasLt.open();
        List<Problem> problems = new ArrayList<>();
        for (DataType type : List.of(DataType.F32, DataType.F64, DataType.F16, DataType.BF16)) {
            ComputeType compute = type == DataType.F64 ? ComputeType.F64 : ComputeType.TF32;
            Problem.Operand left = new Problem.Operand(64, false, 64 * 32, 256);
            Problem.Operand right = new Problem.Operand(64, true, 0, 16);
            for (Epilogue epilogue : List.of(Epilogue.NONE, Epilogue.BIAS, Epilogue.RELU_BIAS)) {
                problems.add(new Problem(type, compute, 32, 48, 64, left, right, 3, 32 * 48, epilogue, 256, 16));
            }
        }
        for (Problem problem : problems) {
            ProductDescriptors descriptors = ProductDescriptors.of(library, problem, 0x1000);
            assertThat(descriptors.matmul().address().address()).isNotZero();
            descriptors.destroy(library);
        }
    }
}
