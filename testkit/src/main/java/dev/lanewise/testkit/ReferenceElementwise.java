package dev.lanewise.testkit;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/** Elementwise operations, by the scalar definition that each one carries. */
final class ReferenceElementwise {
    private ReferenceElementwise() {}

    static void unary(Unary op, Elements x, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            if (x.dtype().isFloating()) {
                out.set(op.apply(x.real(at)), at);
            } else {
                out.set(op.apply(x.integer(at)), at);
            }
        }
    }

    static void unaryWith(UnaryWith exact, Elements x, Elements out) {
        // numbers combined with a tensor are rounded to the type that it is computed in
        boolean single = x.dtype().isFloating() && x.dtype() != DType.F64;
        UnaryWith op = single ? new UnaryWith(exact.kind(), (float) exact.a(), (float) exact.b()) : exact;
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            if (x.dtype().isFloating()) {
                out.set(op.apply(x.real(at)), at);
            } else {
                out.set(op.apply(x.integer(at)), at);
            }
        }
    }

    static void binary(Binary op, Elements a, Elements b, Elements out) {
        Elements x = a.broadcast(out.shape());
        Elements y = b.broadcast(out.shape());
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            if (a.dtype().isFloating()) {
                out.set(op.apply(x.real(at), y.real(at)), at);
            } else {
                out.set(op.apply(x.integer(at), y.integer(at)), at);
            }
        }
    }

    static void compare(Compare op, Elements a, Elements b, Elements out) {
        Elements x = a.broadcast(out.shape());
        Elements y = b.broadcast(out.shape());
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            boolean holds =
                    a.dtype().isFloating() ? op.test(x.real(at), y.real(at)) : op.test(x.integer(at), y.integer(at));
            out.set(holds ? 1L : 0L, at);
        }
    }

    static void ternary(Ternary op, Elements[] in, Elements out) {
        Elements condition = in[0].broadcast(out.shape());
        Elements a = in[1].broadcast(out.shape());
        Elements b = in[2].broadcast(out.shape());
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            switch (op) {
                case WHERE -> out.copy(condition.integer(at) != 0 ? a : b, at, at);
            }
        }
    }

    static void cast(Elements x, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            if (x.dtype().isFloating()) {
                out.set(x.real(at), at);
            } else if (out.dtype() == DType.BOOL) {
                out.set(x.integer(at) != 0 ? 1L : 0L, at);
            } else {
                out.set(x.integer(at), at);
            }
        }
    }

    static void copy(Elements x, Elements out) {
        for (long i = 0; i < out.count(); i++) {
            long[] at = out.index(i);
            out.copy(x, at, at);
        }
    }
}
