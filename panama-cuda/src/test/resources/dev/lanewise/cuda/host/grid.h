// What CUDA C has and C++ lacks, for kernels that run on the host. One thread of the grid runs at a time: the threads of
// a block take turns where they meet (grid.cpp), so shared memory is a static variable.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>
using namespace std;

#define __device__
#define __global__
#define __restrict__
#define __shared__ static

struct Index {
    unsigned x, y, z;
};
extern "C" {
extern Index blockIdx, threadIdx, blockDim, gridDim;
void __syncthreads();
void meet_warp(const char* instruction);
}
static inline void __syncwarp(unsigned = 0xffffffff) { meet_warp("__syncwarp"); }

static inline int thread_of_block() {
    return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}

// Threads leave what others take in one of two places, in turns: who leaves something again has met all the others in
// between, and they have taken what was left before. So one meeting is enough, to which all of a warp have to come.
static unsigned char turns[1024];
static inline int next_turn() { return turns[thread_of_block()] ^= 1; }

template <typename V> static inline V exchange(const char* instruction, V value, int thread) {
    static V values[2][1024];
    V* left = values[next_turn()];
    left[thread_of_block()] = value;
    meet_warp(instruction);
    return left[thread];
}
template <typename V> static inline V __shfl_xor_sync(unsigned, V value, int lanes) {
    return exchange("__shfl_xor_sync", value, thread_of_block() ^ lanes);
}
template <typename V> static inline V __shfl_sync(unsigned, V value, int lane) {
    return exchange("__shfl_sync", value, (thread_of_block() & ~31) + lane);
}

static inline unsigned __float_as_uint(float x) {
    unsigned y;
    memcpy(&y, &x, 4);
    return y;
}
static inline float __uint_as_float(unsigned x) {
    float y;
    memcpy(&y, &x, 4);
    return y;
}
static inline long long __double_as_longlong(double x) {
    long long y;
    memcpy(&y, &x, 8);
    return y;
}
static inline long long __double2ll_rz(double x) {
    return x >= 0x1p63 ? numeric_limits<long long>::max()
        : x < -0x1p63  ? numeric_limits<long long>::min()
                       : (long long)x;
}
static inline long long __float2ll_rz(float x) { return __double2ll_rz(x); }
static inline float __double2float_rz(double x) {
    float y = (float)x;
    return fabs((double)y) > fabs(x) ? nextafterf(y, 0.0f) : y;
}
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}
template <typename V> static inline V rsqrt(V x) { return 1 / sqrt(x); }

// The conversion instructions that the prelude names, by integer arithmetic.
static inline float cvt_f32_f16(unsigned short h) {
    unsigned sign = (unsigned)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31) return __uint_as_float(sign | 0x7f800000 | fraction << 13);
    if (exponent != 0) return __uint_as_float(sign | (exponent + 112) << 23 | fraction << 13);
    float small = ldexpf((float)fraction, -24);
    return sign ? -small : small;
}
static inline unsigned short cvt_rn_f16_f64(double x) {
    unsigned short sign = signbit(x) ? 0x8000 : 0;
    double a = fabs(x);
    if (a != a) return 0x7fff;
    if (a >= 65520) return sign | 0x7c00;
    int exponent = a == 0 ? -14 : max(ilogb(a), -14);
    long long units = llrint(ldexp(a, 10 - exponent));
    return sign | (unsigned short)(units + ((long long)(exponent + 14) << 10));
}
static inline unsigned short cvt_rn_f16_f32(float x) { return cvt_rn_f16_f64(x); }

static inline unsigned short cvt_rn_bf16_f32(float x) {
    unsigned bits = __float_as_uint(x);
    return x != x ? 0x7fff : (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
static inline unsigned cvt_rn_x2(const char* type, float upper, float lower) {
    return type[0] == 'b' ? (unsigned)cvt_rn_bf16_f32(upper) << 16 | cvt_rn_bf16_f32(lower)
                          : (unsigned)cvt_rn_f16_f32(upper) << 16 | cvt_rn_f16_f32(lower);
}

static inline float number_of(const char* type, unsigned bits) {
    return type[0] == 'b' ? __uint_as_float(bits << 16) : cvt_f32_f16((unsigned short)bits);
}

// mma.sync.aligned.m16n8k16.row.col.f32: D = A B + C by all threads of a warp. Which thread holds which elements is what
// the tables of the PTX ISA say ("Matrix Fragments for mma.m16n8k16 with floating point type"), element by element.
static inline void mma_m16n8k16(const char* type, float& d0, float& d1, float& d2, float& d3, unsigned a0a1,
        unsigned a2a3, unsigned a4a5, unsigned a6a7, unsigned b0b1, unsigned b2b3) {
    static float all_a[2][1024 / 32][16][16], all_b[2][1024 / 32][16][8];
    int turn = next_turn();
    auto& a = all_a[turn];
    auto& b = all_b[turn];
    int warp = thread_of_block() / 32, lane = thread_of_block() % 32;
    int group = lane >> 2, thread_in_group = lane % 4;
    const unsigned own_a[4] = {a0a1, a2a3, a4a5, a6a7}, own_b[2] = {b0b1, b2b3};
    for (int i = 0; i < 8; i++) {
        int row = (i >= 0 && i < 2) || (i >= 4 && i < 6) ? group : group + 8;
        int column = i < 4 ? thread_in_group * 2 + (i & 1) : thread_in_group * 2 + (i & 1) + 8;
        a[warp][row][column] = number_of(type, own_a[i / 2] >> 16 * (i % 2) & 0xffff);
    }
    for (int i = 0; i < 4; i++) {
        int row = i < 2 ? thread_in_group * 2 + (i & 1) : thread_in_group * 2 + (i & 1) + 8;
        b[warp][row][group] = number_of(type, own_b[i / 2] >> 16 * (i % 2) & 0xffff);
    }
    meet_warp("mma.sync");
    float* d[4] = {&d0, &d1, &d2, &d3};
    for (int i = 0; i < 4; i++) {
        int row = i < 2 ? group : group + 8;
        int column = thread_in_group * 2 + (i & 1);
        for (int k = 0; k < 16; k++) *d[i] += a[warp][row][k] * b[warp][k][column];
    }
}

// Addresses of shared memory have 32 bits: here they count from a place of this library.
static char shared_origin;
static inline size_t __cvta_generic_to_shared(const void* p) { return (size_t)((const char*)p - &shared_origin); }
static inline char* shared_memory(unsigned address) { return &shared_origin + (int)address; }

// ldmatrix.sync.aligned.m8n8.x4.shared.b16: four matrices of 8 by 8, whose rows lie where threads 0 to 7, 8 to 15, 16 to 23
// and 24 to 31 say. Thread t gets the elements 2 (t % 4) and 2 (t % 4) + 1 of row t / 4, of the transposed matrix if it is
// to be. An address that is not aligned gives NaN.
static inline void ldmatrix_x4(bool trans, unsigned& r0, unsigned& r1, unsigned& r2, unsigned& r3, unsigned address) {
    static unsigned addresses[2][1024];
    unsigned* rows = addresses[next_turn()];
    rows[thread_of_block()] = address;
    meet_warp(trans ? "ldmatrix.sync.trans" : "ldmatrix.sync");
    rows += thread_of_block() / 32 * 32;
    int t = thread_of_block() % 32;
    unsigned* r[4] = {&r0, &r1, &r2, &r3};
    for (int i = 0; i < 4; i++) {
        unsigned short elements[2];
        for (int x = 0; x < 2; x++) {
            int row = trans ? 2 * (t % 4) + x : t / 4, column = trans ? t / 4 : 2 * (t % 4) + x;
            const char* from = shared_memory(rows[8 * i + row]);
            elements[x] = (size_t)from % 16 ? 0x7fff : ((const unsigned short*)from)[column];
        }
        *r[i] = elements[0] | (unsigned)elements[1] << 16;
    }
}

// cp.async: a copy happens at some time between its instruction and the wait for its group. Here the old contents are gone
// at once and the new ones come at the last moment, so that a missing wait shows as well as a missing barrier before it.
struct AsyncCopies {
    struct {
        char* to;
        const void* from;
        int bytes, group;
    } copies[64];
    int count, groups;
};
static AsyncCopies async_copies[1024];

static inline void cp_async_16(unsigned address, const void* from, int bytes) {
    AsyncCopies& own = async_copies[thread_of_block()];
    char* to = shared_memory(address);
    memset(to, 0xff, 16);
    if ((size_t)to % 16 || (size_t)from % 16 || own.count == 64) abort();
    own.copies[own.count++] = {to, from, bytes, own.groups};
}
static inline void cp_async_commit_group() { async_copies[thread_of_block()].groups++; }
static inline void cp_async_wait_group(int later) {
    AsyncCopies& own = async_copies[thread_of_block()];
    int left = 0;
    for (int i = 0; i < own.count; i++) {
        auto& copy = own.copies[i];
        if (copy.group >= own.groups - later) {
            own.copies[left++] = copy;
        } else {
            memset(copy.to, 0, 16);
            memcpy(copy.to, copy.from, copy.bytes);
        }
    }
    own.count = left;
}

static inline float ex2_approx_ftz_f32(float x) { return exp2f(x); }

// As on the devices that this stands in for; a program may take it back.
#define __CUDA_ARCH__ 900

// Calls a kernel with arguments as cuLaunchKernel takes them: an array of pointers to values.
template <typename... P, size_t... I> static inline void call(void (*kernel)(P...), void** arguments, index_sequence<I...>) {
    kernel(*(P*)arguments[I]...);
}
template <typename... P> static inline void call(void (*kernel)(P...), void** arguments) {
    turns[thread_of_block()] = 0;
    async_copies[thread_of_block()].count = 0;
    call(kernel, arguments, index_sequence_for<P...>());
}
