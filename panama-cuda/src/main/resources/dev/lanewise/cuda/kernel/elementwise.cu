// One elementwise function. Defined in front of this template:
//   OUT, A, B, C      element types; operands that the function lacks are declared all the same and never read
//   EXPRESSION        in a, b, c (the operands in the type they are computed in) and p, q (numbers)

struct Operands {
    const A* a;
    const B* b;
    const C* c;
    double p;
    double q;
};

__device__ inline void element(OUT* out, const Operands& in, i64 at, i64 at_a, i64 at_b, i64 at_c) {
    auto a = load(in.a[at_a]);
    auto b = load(in.b[at_b]);
    auto c = load(in.c[at_c]);
    typedef decltype(a) T;
    T p = (T)in.p;
    T q = (T)in.q;
    store(out[at], EXPRESSION);
}

// All operands dense and of one shape; each thread takes consecutive elements, so that loads can be wide.
#define UNROLL 4
extern "C" __global__ void dense(i64 n, OUT* out, Operands in) {
    i64 step = (i64)gridDim.x * blockDim.x * UNROLL;
    for (i64 first = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * UNROLL; first < n; first += step) {
#pragma unroll
        for (int i = 0; i < UNROLL; i++) {
            if (first + i < n) element(out, in, first + i, first + i, first + i, first + i);
        }
    }
}

struct Layout {
    Dims dims;
    Strides out;
    Strides a;
    Strides b;
    Strides c;
};

// Any strides, broadcast dimensions with stride 0. Like offset() of the prelude for all operands at once, because the
// divisions are what it costs. There is at least one dimension.
extern "C" __global__ void strided(Layout layout, i64 n, OUT* out, Operands in) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        u64 number = (u64)i;
        i64 at = 0, at_a = 0, at_b = 0, at_c = 0;
#pragma unroll 1
        for (int d = layout.dims.rank - 1; d >= 0; d--) {
            u64 size = (u64)layout.dims.size[d];
            u64 rest = d == 0 ? 0 : divide(number, size);
            i64 index = (i64)(number - rest * size);
            at += index * layout.out.of[d];
            at_a += index * layout.a.of[d];
            at_b += index * layout.b.of[d];
            at_c += index * layout.c.of[d];
            number = rest;
        }
        element(out, in, at, at_a, at_b, at_c);
    }
}
