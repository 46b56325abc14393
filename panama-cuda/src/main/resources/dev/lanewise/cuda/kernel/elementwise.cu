// One elementwise function. Defined in front of this template:
//   ARITY             how many operands it has
//   OUT, A, B, C      element types; operands that the function lacks are declared all the same and never read
//   EXPRESSION        in a, b, c (the operands in the type they are computed in) and p, q (numbers)

struct Operands {
    const A* a;
    const B* b;
    const C* c;
    double p;
    double q;
};

// Any strides, broadcast dimensions with stride 0; there is at least one dimension.
struct Layout {
    Dims dims;
    Strides out;
    Strides a;
    Strides b;
    Strides c;
};

struct Place {
    i64 out, a, b, c;
};

// Like offset() of the prelude for all operands at once, because the divisions are what it costs.
__device__ inline Place place_of(const Layout& layout, u64 number) {
    Place at = {0, 0, 0, 0};
#pragma unroll 1
    for (int d = layout.dims.rank - 1; d >= 0; d--) {
        u64 rest = d == 0 ? 0 : divide(layout.dims, d, number);
        i64 index = (i64)(number - rest * (u64)layout.dims.size[d]);
        at.out += index * layout.out.of[d];
        at.a += index * layout.a.of[d];
        if (ARITY > 1) at.b += index * layout.b.of[d];
        if (ARITY > 2) at.c += index * layout.c.of[d];
        number = rest;
    }
    return at;
}

// A number in the type that is computed in; beyond integers, where C leaves it open, the nearest one, as in Java.
template <typename N> __device__ inline N number_of(double number) { return (N)number; }
template <> __device__ inline i64 number_of<i64>(double number) { return to_integer(number); }

__device__ inline void element(OUT& out, const Operands& in, A of_a, B of_b, C of_c) {
    auto a = load(of_a);
    auto b = load(of_b);
    auto c = load(of_c);
    typedef decltype(a) T;
    T p = number_of<T>(in.p);
    T q = number_of<T>(in.q);
    store(out, EXPRESSION);
}

__device__ inline void element(OUT* out, const Operands& in, const Place& at) {
    element(out[at.out], in, in.a[at.a], ARITY > 1 ? in.b[at.b] : B(), ARITY > 2 ? in.c[at.c] : C());
}

extern "C" __global__ void strided(Layout layout, i64 n, OUT* out, Operands in) {
    for (i64 i = thread_number(); i < n; i += thread_count()) element(out, in, place_of(layout, (u64)i));
}

// So many elements that the widest operand moves 16 bytes at once.
constexpr int larger(int x, int y) { return x > y ? x : y; }
constexpr int WIDEST = larger(larger(sizeof(OUT), sizeof(A)), larger(sizeof(B), sizeof(C)));
constexpr int PACK = WIDEST == 1 ? 8 : 16 / WIDEST;

template <typename V> struct alignas(sizeof(V) * PACK) Pack {
    V at[PACK];
};

template <typename V> __device__ inline Pack<V> load_pack(const V* from, i64 stride) {
    if (stride != 0) return *(const Pack<V>*)from;
    Pack<V> all;
#pragma unroll
    for (int i = 0; i < PACK; i++) all.at[i] = *from;
    return all;
}

// In the innermost dimension operands have stride 1 or 0, the result has 1, and every pack is aligned. Elements that fill
// no pack are left only where there is one dimension.
extern "C" __global__ void packed(Layout layout, i64 n, OUT* out, Operands in) {
    int last = layout.dims.rank - 1;
    i64 packs = n / PACK;
    for (i64 i = thread_number(); i < packs; i += thread_count()) {
        Place at = place_of(layout, (u64)(i * PACK));
        Pack<A> a = load_pack(in.a + at.a, layout.a.of[last]);
        Pack<B> b = ARITY > 1 ? load_pack(in.b + at.b, layout.b.of[last]) : Pack<B>();
        Pack<C> c = ARITY > 2 ? load_pack(in.c + at.c, layout.c.of[last]) : Pack<C>();
        Pack<OUT> y;
#pragma unroll
        for (int k = 0; k < PACK; k++) element(y.at[k], in, a.at[k], b.at[k], c.at[k]);
        *(Pack<OUT>*)(out + at.out) = y;
    }
    for (i64 i = packs * PACK + thread_number(); i < n; i += thread_count()) {
        element(out, in, place_of(layout, (u64)i));
    }
}
