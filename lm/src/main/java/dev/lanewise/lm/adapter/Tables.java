package dev.lanewise.lm.adapter;

import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Embeddings: the factors of a table {@code [rows, size]} are {@code [rank, rows]} and {@code [size, rank]}. */
record Tables(
        Layer layer, @Nullable Parameter table, @Nullable QuantizedWeight packed) implements Site {
    @Override
    public @Nullable Parameter bias() {
        return null;
    }

    @Override
    public Parameter weight() {
        if (table == null) {
            throw new TensorException(
                    "lora: an embedding whose table is packed (expected a parameter); train an adapter,"
                            + " and use it without merging");
        }
        return table;
    }

    @Override
    public boolean isPacked() {
        return packed != null;
    }

    @Override
    public Tensor dense() {
        return packed == null ? weight().tensor() : packed.dense();
    }

    @Override
    public DType dtype() {
        return packed == null ? Site.super.dtype() : DType.F32;
    }

    @Override
    public Device device() {
        return packed == null ? Site.super.device() : Device.CPU;
    }

    @Override
    public Names names() {
        return Names.TABLE;
    }

    @Override
    public boolean dropsInputs() {
        return false;
    }

    private long rows() {
        return packed == null ? Objects.requireNonNull(table).leaf().shape().size(0) : packed.out();
    }

    private long size() {
        return packed == null ? Objects.requireNonNull(table).leaf().shape().size(1) : packed.in();
    }

    @Override
    public Shape first(long rank) {
        return Shape.of(rank, rows());
    }

    @Override
    public Shape second(long rank) {
        return Shape.of(size(), rank);
    }

    @Override
    public long fanIn() {
        return rows();
    }

    @Override
    public boolean beginsWithZeros() {
        return true;
    }

    @Override
    public Tensor update(Tensor numbers, Tensor a, Tensor b) {
        return a.transpose(0, 1).embedding(numbers).linear(b, null);
    }

    @Override
    public Tensor delta(Tensor a, Tensor b) {
        return a.transpose(0, 1).matmul(b.transpose(0, 1));
    }

    @Override
    public Tensor norm(Tensor weight) {
        return weight.norm(0);
    }

    @Override
    public Tensor overWeight(Tensor each) {
        return each;
    }
}
