package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.parallel.RangeBody;

/** The products of a batch, each computed by one thread. Steps are in bytes. */
final class Batch implements RangeBody {
    private final Idle<Product> products;
    private final long leftStep;
    private final long rightStep;
    private final long outputStep;
    private long left;
    private long right;
    private long output;
    private long bias;

    Batch(Idle<Product> products, long leftStep, long rightStep, long outputStep) {
        this.products = products;
        this.leftStep = leftStep;
        this.rightStep = rightStep;
        this.outputStep = outputStep;
    }

    /** Sets the addresses of the next call. */
    void at(long leftAddress, long rightAddress, long outputAddress, long biasAddress) {
        left = leftAddress;
        right = rightAddress;
        output = outputAddress;
        bias = biasAddress;
    }

    @Override
    public void run(long from, long to) {
        run(from, to, false);
    }

    /** Computes some of the products one after the other; {@code parallel} shares each among the threads. */
    void run(long from, long to, boolean parallel) {
        Product product = products.take();
        for (long i = from; i < to; i++) {
            product.run(left + i * leftStep, right + i * rightStep, output + i * outputStep, bias, parallel);
        }
        products.give(product);
    }
}
