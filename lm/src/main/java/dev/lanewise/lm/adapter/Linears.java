package dev.lanewise.lm.adapter;

import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Linear layers, also those whose weight is {@code [in, out]} or packed. */
record Linears(WeightLayer layer) implements Site {
    @Override
    public @Nullable Parameter bias() {
        return layer.bias();
    }

    @Override
    public Parameter weight() {
        return layer.weight();
    }

    @Override
    public boolean isPacked() {
        return layer.packed() != null;
    }

    @Override
    public Tensor dense() {
        return layer.dense();
    }

    @Override
    public Tensor stored(Tensor weight) {
        return layer.isInputFirst() ? weight.transpose(0, 1) : weight;
    }

    @Override
    public DType dtype() {
        return isPacked() ? DType.F32 : Site.super.dtype();
    }

    @Override
    public Device device() {
        return isPacked() ? Device.CPU : Site.super.device();
    }

    @Override
    public Shape first(long rank) {
        return Shape.of(rank, layer.in());
    }

    @Override
    public Shape second(long rank) {
        return Shape.of(layer.out(), rank);
    }

    @Override
    public long fanIn() {
        return layer.in();
    }

    @Override
    public Tensor update(Tensor x, Tensor a, Tensor b) {
        return x.linear(a, null).linear(b, null);
    }

    @Override
    public Tensor delta(Tensor a, Tensor b) {
        return b.matmul(a);
    }

    @Override
    public Tensor norm(Tensor weight) {
        return weight.norm(1);
    }

    @Override
    public Tensor overWeight(Tensor each) {
        return each.unsqueeze(1);
    }

    @Override
    public boolean hasScales() {
        return true;
    }

    @Override
    public Shape scales(boolean ofInput) {
        return ofInput ? Shape.of(1, layer.in()) : Shape.of(layer.out(), 1);
    }

    @Override
    public Tensor overActivations(Tensor scales) {
        return scales.flatten();
    }

    @Override
    public Tensor scalesOverWeight(Tensor scales, boolean ofInput) {
        return scales;
    }
}
