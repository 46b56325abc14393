// Element types and functions that every template uses. Elements are loaded into the type they are computed in and
// rounded once when they are stored: F16 and BF16 compute in float, integers in 64 bits, then wrap.

typedef unsigned char u8;
typedef signed char i8;
typedef short i16;
typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

// NVRTC has no cuda_fp16.h or cuda_bf16.h of its own, so the 16-bit types are bits and two conversions.
struct f16 { u16 bits; };
struct bf16 { u16 bits; };
struct boolean { u8 value; };
struct alignas(16) word128 { u64 low, high; };

__device__ inline float load(float x) { return x; }
__device__ inline double load(double x) { return x; }
__device__ inline i64 load(i8 x) { return x; }
__device__ inline i64 load(u8 x) { return x; }
__device__ inline i64 load(i16 x) { return x; }
__device__ inline i64 load(int x) { return x; }
__device__ inline i64 load(i64 x) { return x; }
__device__ inline i64 load(boolean x) { return x.value != 0; }
__device__ inline float load(f16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
__device__ inline float load(bf16 x) { return __uint_as_float((u32)x.bits << 16); }

// Floating point to integer: truncates, saturates at 64 bits, NaN gives 0; then wraps to the width.
__device__ inline i64 to_integer(double x) { return x != x ? 0 : __double2ll_rz(x); }
__device__ inline i64 to_integer(float x) { return x != x ? 0 : __float2ll_rz(x); }
__device__ inline i64 to_integer(i64 x) { return x; }

template <typename V> __device__ inline void store(float& to, V x) { to = (float)x; }
template <typename V> __device__ inline void store(double& to, V x) { to = (double)x; }
template <typename V> __device__ inline void store(i8& to, V x) { to = (i8)to_integer(x); }
template <typename V> __device__ inline void store(u8& to, V x) { to = (u8)to_integer(x); }
template <typename V> __device__ inline void store(i16& to, V x) { to = (i16)to_integer(x); }
template <typename V> __device__ inline void store(int& to, V x) { to = (int)to_integer(x); }
template <typename V> __device__ inline void store(i64& to, V x) { to = to_integer(x); }
template <typename V> __device__ inline void store(boolean& to, V x) { to.value = x != 0; }

__device__ inline void store(f16& to, float x) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(x)); }
__device__ inline void store(f16& to, double x) { asm("cvt.rn.f16.f64 %0, %1;" : "=h"(to.bits) : "d"(x)); }
__device__ inline void store(f16& to, i64 x) { store(to, (double)x); }

// Round to nearest even by adding just under half of the last kept bit; NaN keeps a set mantissa bit.
__device__ inline void store(bf16& to, float x) {
    u32 bits = __float_as_uint(x);
    to.bits = x != x ? (u16)((bits >> 16) | 0x40) : (u16)((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}
// A double goes through float rounded to odd: its last bit then says whether anything was cut off, so that the second
// rounding decides as the first would have.
__device__ inline void store(bf16& to, double x) {
    float down = __double2float_rz(x);
    if (x == x && (double)down != x && isfinite(down)) {
        down = __uint_as_float(__float_as_uint(down) | 1);
    }
    store(to, down);
}
__device__ inline void store(bf16& to, i64 x) { store(to, (double)x); }

// Arithmetic that C leaves to the implementation, or where NaN has to win.
__device__ inline float maximum(float a, float b) { return a != a || a > b ? a : b; }
__device__ inline double maximum(double a, double b) { return a != a || a > b ? a : b; }
__device__ inline i64 maximum(i64 a, i64 b) { return a > b ? a : b; }
__device__ inline float minimum(float a, float b) { return a != a || a < b ? a : b; }
__device__ inline double minimum(double a, double b) { return a != a || a < b ? a : b; }
__device__ inline i64 minimum(i64 a, i64 b) { return a < b ? a : b; }

__device__ inline i64 floor_div(i64 a, i64 b) {
    if (b == 0) return 0;
    if (b == -1) return (i64)(0 - (u64)a);
    i64 q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
// The floor of the exact quotient, by way of the remainder, which is exact; a rounded quotient may be the next number.
__device__ inline double floor_div(double a, double b) {
    if (b == 0) return a / b;
    double r = fmod(a, b);
    double quotient = (a - r) / b;
    if (r != 0 && (r < 0) != (b < 0)) quotient -= 1;
    return quotient == 0 ? copysign(0.0, a / b) : rint(quotient);
}
__device__ inline float floor_div(float a, float b) { return (float)floor_div((double)a, (double)b); }

__device__ inline i64 remainder_of(i64 a, i64 b) {
    if (b == 0 || b == -1) return 0;
    i64 r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// fmod is exact; a remainder of the other sign moves by one divisor, and 0 takes the divisor's sign.
template <typename T> __device__ inline T toward(T r, T b) {
    if (r == 0) return (T)copysign((double)r, (double)b);
    return (r < 0) != (b < 0) ? r + b : r;
}
__device__ inline float remainder_of(float a, float b) { return toward(fmodf(a, b), b); }
__device__ inline double remainder_of(double a, double b) { return toward(fmod(a, b), b); }

// By squaring; 0 where the exact power is a fraction.
__device__ inline i64 power(i64 base, i64 exponent) {
    if (exponent < 0) {
        if (base == 1) return 1;
        if (base == -1) return (exponent & 1) != 0 ? -1 : 1;
        return 0;
    }
    u64 result = 1;
    u64 square = (u64)base;
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result *= square;
        square *= square;
    }
    return (i64)result;
}
__device__ inline float power(float a, float b) { return powf(a, b); }
__device__ inline double power(double a, double b) { return pow(a, b); }

template <typename T> __device__ inline T sigmoid(T x) {
    if (x >= 0) return 1 / (1 + exp(-x));
    T e = exp(x);
    return e / (1 + e);
}
template <typename T> __device__ inline T softplus(T x) {
    return x != x ? x : (x > 0 ? x : (T)0) + log1p(exp(-abs(x)));
}
template <typename T> __device__ inline T gelu(T x) {
    return (T)0.5 * x * erfc(-x * (T)0.70710678118654752440);
}
template <typename T> __device__ inline T gelu_derivative(T x) {
    return (T)0.5 * erfc(-x * (T)0.70710678118654752440) + x * exp((T)-0.5 * x * x) * (T)0.39894228040143267794;
}
template <typename T> __device__ inline T gelu_tanh_inner(T x) {
    return tanh((T)0.79788456080286535588 * (x + (T)0.044715 * x * x * x));
}
template <typename T> __device__ inline T gelu_tanh(T x) { return (T)0.5 * x * (1 + gelu_tanh_inner(x)); }
template <typename T> __device__ inline T gelu_tanh_derivative(T x) {
    T t = gelu_tanh_inner(x);
    return (T)0.5 * (1 + t)
        + (T)0.5 * x * (1 - t * t) * (T)0.79788456080286535588 * (1 + (T)(3 * 0.044715) * x * x);
}
template <typename T> __device__ inline T silu_derivative(T x) {
    T s = sigmoid(x);
    return s * (1 + x * (1 - s));
}
template <typename T> __device__ inline T sign(T x) { return x > 0 ? (T)1 : x < 0 ? (T)-1 : x; }

// Sizes of a view, innermost dimension last; only the first `rank` dimensions count. Where all numbers stay below 2^31 a
// division by a size is a multiplication and a shift (Granlund and Montgomery 1994, "Division by invariant integers").
#define MAX_RANK 8
struct Dims {
    int rank;
    int narrow;
    i64 size[MAX_RANK];
    u32 factor[MAX_RANK];
    u32 shift[MAX_RANK];
};
struct Strides {
    i64 of[MAX_RANK];
};
struct View {
    Dims dims;
    Strides strides;
};

__device__ inline u64 divide(const Dims& dims, int d, u64 number) {
    if (!dims.narrow) return number / (u64)dims.size[d];
    u32 n = (u32)number;
    return (__umulhi(n, dims.factor[d]) + n) >> dims.shift[d];
}

// Division in 32 bits is several times cheaper, and nearly always enough.
__device__ inline i64 divide(i64 a, i64 b) {
    return (((u64)a | (u64)b) >> 32) == 0 ? (i64)((u32)a / (u32)b) : a / b;
}

// Offset of the element with the given number, counted in row-major order.
__device__ inline i64 offset(const Dims& dims, const Strides& strides, u64 number) {
    i64 at = 0;
#pragma unroll 1
    for (int d = dims.rank - 1; d > 0; d--) {
        u64 rest = divide(dims, d, number);
        at += (i64)(number - rest * (u64)dims.size[d]) * strides.of[d];
        number = rest;
    }
    return dims.rank == 0 ? 0 : at + (i64)number * strides.of[0];
}

__device__ inline i64 offset(const View& view, u64 number) { return offset(view.dims, view.strides, number); }

// Numbers of the threads of a grid, as most kernels stride over their elements.
__device__ inline i64 thread_number() { return (i64)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ inline i64 thread_count() { return (i64)gridDim.x * blockDim.x; }

// At most so many threads has a block.
#define THREADS 256
#define WARP 32

// The threads of a block form teams, each of which shares the elements of one row. Neighbouring threads are of one team
// where a row's elements are neighbours in memory, and of neighbouring teams (`across`) where the rows are.
struct Team {
    int lane, lanes;
    int number, teams;
    int distance;
};

__device__ inline Team team_of(int across) {
    Team team;
    team.lane = across ? threadIdx.y : threadIdx.x;
    team.lanes = across ? blockDim.y : blockDim.x;
    team.number = across ? threadIdx.x : threadIdx.y;
    team.teams = across ? blockDim.x : blockDim.y;
    team.distance = across ? blockDim.x : 1;
    return team;
}

// One value of every thread of a team, combined in an order that depends on the block's shape only. All threads of the
// block have to call it; `shared` has a place for each of them.
template <typename V, typename F>
__device__ inline V team_combine(V value, V* shared, const Team& team, F combine) {
    V* own = shared + threadIdx.y * blockDim.x + threadIdx.x;
    *own = value;
    __syncthreads();
    for (int n = team.lanes; n > 1;) {
        int half = (n + 1) / 2;
        if (team.lane + half < n) *own = combine(*own, own[half * team.distance]);
        __syncthreads();
        n = half;
    }
    V result = own[-team.lane * team.distance];
    __syncthreads();
    return result;
}

// The same for numbers, where a team's threads are neighbours: those of a warp exchange them directly, after each has
// combined those of its place in all warps. So distant elements come first, as above, and of equal neighbours no power is
// made that goes beyond a type.
template <typename V, typename F>
__device__ inline V team_reduce(V value, V* shared, const Team& team, F combine) {
    if (team.distance > 1) return team_combine(value, shared, team, combine);
    if (team.lanes > WARP) {
        V* own = shared + threadIdx.y * blockDim.x + threadIdx.x;
        *own = value;
        __syncthreads();
        V* first = own - team.lane / WARP * WARP;
        value = *first;
        for (int i = WARP; i < team.lanes; i += WARP) value = combine(value, first[i]);
        __syncthreads();
    }
    for (int apart = team.lanes < WARP ? team.lanes / 2 : WARP / 2; apart > 0; apart /= 2) {
        value = combine(value, __shfl_xor_sync(0xffffffffu, value, apart));
    }
    return value;
}

template <typename V> __device__ inline V team_sum(V value, V* shared, const Team& team) {
    return team_reduce(value, shared, team, [](V x, V y) { return x + y; });
}

template <typename V> __device__ inline V team_max(V value, V* shared, const Team& team) {
    return team_reduce(value, shared, team, [](V x, V y) { return maximum(x, y); });
}

// Where kernels leave a position that no element has; the host looks when it has waited for them.
struct Fault {
    i64 op;
    i64 position;
    i64 size;
};

__device__ inline bool in_range(i64 position, i64 size, Fault* fault, i64 op) {
    if (position >= 0 && position < size) return true;
    fault->position = position;
    fault->size = size;
    fault->op = op;
    return false;
}
