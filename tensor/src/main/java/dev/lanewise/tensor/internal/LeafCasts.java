package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.spi.Origin;
import dev.lanewise.tensor.spi.Storage;
import java.util.IdentityHashMap;

/** Watched tensors in a region's 16-bit type: cast when first used, and again after they were changed in place. */
final class LeafCasts {
    private static final String OWNER = "the autocast region, which has closed";

    /**
     * A leaf's elements in another type.
     *
     * @param version the leaf's version when it was cast
     */
    private record Cached(StridedTensor values, int version) {}

    private final IdentityHashMap<Tensor, Cached> byLeaf = new IdentityHashMap<>();

    /** The leaf in the given type. Every use has its own record, so walking one backward releases only that one. */
    Tensor of(StridedTensor leaf, Origin origin, DType type) {
        Cast op = new Cast(type);
        Cached cached = byLeaf.get(leaf);
        if (cached == null || cached.version != Storage.buffer(leaf).version()) {
            if (cached != null) {
                Storage.buffer(cached.values).release(OWNER);
            }
            cached = new Cached(cast(op, leaf), Storage.buffer(leaf).version());
            byLeaf.put(leaf, cached);
        }
        StridedTensor use = cached.values.withOrigin(null);
        origin.record(op, new Tensor[] {leaf}, new Tensor[] {use});
        return use;
    }

    /** The cast values, owned only by this object. */
    private static StridedTensor cast(Cast op, StridedTensor leaf) {
        Ownership scope = Ownership.open("autocast");
        try {
            StridedTensor values = (StridedTensor) Dispatch.run(op, leaf.withOrigin(null));
            Storage.buffer(values).retain();
            Storage.buffer(values).guardByCollector();
            return values;
        } finally {
            scope.close();
        }
    }

    void release() {
        byLeaf.values().forEach(cached -> Storage.buffer(cached.values).release(OWNER));
        byLeaf.clear();
    }
}
