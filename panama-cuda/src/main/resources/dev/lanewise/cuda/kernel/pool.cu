// Pooling windows over planes [h, w] to [oh, ow]. Defined in front:
//   T                 element type
//   ACC               what is computed in
// A thread has one element of the result, and gradients gather from the windows that cover it, in a fixed order. Windows of 2 by
// 2 that lie side by side and cover planes of whole packs are read and written in packs, a pack of windows a thread; others
// would read each pack several times. No element costs a division. Behind lines.cu.

// For division by a multiplication and a shift, as of a view's sizes.
struct Divisor {
    i64 by;
    u32 factor;
    u32 shift;
};

struct Pool {
    i64 planes, h, w, oh, ow;
    i64 kernel_h, kernel_w, padding_h, padding_w;
    Divisor stride_h, stride_w;
    Divisor columns, windows;  // by w and by ow
    i64 narrow;                // whether all numbers stay below 2^31
    i64 count_padding;
};

constexpr int PACK = 16 / (int)sizeof(T);

__device__ inline i64 smaller(i64 a, i64 b) { return a < b ? a : b; }
__device__ inline i64 larger(i64 a, i64 b) { return a > b ? a : b; }

__device__ inline i64 quotient(const Pool& p, i64 number, const Divisor& divisor) {
    if (!p.narrow) return number / divisor.by;
    u32 n = (u32)number;
    return (__umulhi(n, divisor.factor) + n) >> divisor.shift;
}

// A thread's windows of 2 by 2: two packs of two rows.
struct Tiles {
    alignas(16) T of[2][2 * PACK];
};

__device__ inline Tiles read_tiles(const T* x, i64 first, i64 w) {
    Tiles tiles;
#pragma unroll
    for (int r = 0; r < 2; r++) {
        take<PACK>(tiles.of[r], x + first + r * w, true);
        take<PACK>(tiles.of[r] + PACK, x + first + r * w + PACK, true);
    }
    return tiles;
}

__device__ inline void write_tiles(const Tiles& tiles, T* x, i64 first, i64 w) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
        give<PACK>(x + first + r * w, tiles.of[r]);
        give<PACK>(x + first + r * w + PACK, tiles.of[r] + PACK);
    }
}

// Calls `work` with a plane, with the place in it of a thread's first window and with that window's number in all planes.
template <typename F> __device__ inline void for_tiles(const Pool& p, F work) {
    for_places(p.planes, p.oh, p.ow / PACK, [&](i64 plane, i64 row, i64 pack) {
        work(plane, 2 * (row * p.w + pack * PACK), (plane * p.oh + row) * p.ow + pack * PACK);
    });
}

// NaN exceeds everything, also another NaN: of several the last one counts, as on the CPU.
__device__ inline bool exceeds(ACC value, ACC greatest) { return value > greatest || value != value; }

__device__ inline void max_tiles(const Pool& p, const T* x, T* y, i64* positions) {
    for_tiles(p, [&](i64 plane, i64 first, i64 window) {
        Tiles tiles = read_tiles(x, plane * p.h * p.w + first, p.w);
        alignas(16) T own[PACK];
        alignas(16) i64 at[PACK];
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            own[k] = tiles.of[0][2 * k];
            at[k] = first + 2 * k;
#pragma unroll
            for (int i = 1; i < 4; i++) {
                T value = tiles.of[i / 2][2 * k + i % 2];
                if (exceeds(load(value), load(own[k]))) {
                    own[k] = value;
                    at[k] = first + 2 * k + i / 2 * p.w + i % 2;
                }
            }
        }
        give<PACK>(y + window, own);
#pragma unroll
        for (int k = 0; k < PACK; k += 2) give<2>(positions + window + k, at + k);
    });
}

// The greatest element and the first place that has it.
extern "C" __global__ void max_pool(Pool p, int tiled, const T* x, T* y, i64* positions) {
    if (tiled) {
        max_tiles(p, x, y, positions);
        return;
    }
    for_places(p.planes, p.oh, p.ow, [&](i64 plane, i64 row, i64 column) {
        i64 top = row * p.stride_h.by - p.padding_h;
        i64 left = column * p.stride_w.by - p.padding_w;
        i64 bottom = smaller(top + p.kernel_h, p.h);
        i64 right = smaller(left + p.kernel_w, p.w);
        const T* in = x + plane * p.h * p.w;
        i64 best = larger(top, 0) * p.w + larger(left, 0);
        ACC greatest = load(in[best]);
        for (i64 r = larger(top, 0); r < bottom; r++) {
            for (i64 c = larger(left, 0); c < right; c++) {
                ACC value = load(in[r * p.w + c]);
                if (exceeds(value, greatest)) {
                    greatest = value;
                    best = r * p.w + c;
                }
            }
        }
        i64 i = (plane * p.oh + row) * p.ow + column;
        y[i] = in[best];
        positions[i] = best;
    });
}

// The windows that cover an element in one dimension.
struct Covering {
    i64 first, last;
};

__device__ inline Covering covering(
        const Pool& p, i64 at, i64 padding, i64 kernel, const Divisor& stride, i64 count) {
    i64 behind = at + padding - kernel;
    Covering windows = {
        behind < 0 ? 0 : quotient(p, behind, stride) + 1, smaller(quotient(p, at + padding, stride), count - 1)};
    return windows;
}

// Calls `work` for every element with its plane, its place there and the windows that cover it.
template <typename F> __device__ inline void for_covered(const Pool& p, F work) {
    for_places(p.planes, p.h, p.w, [&](i64 plane, i64 row, i64 column) {
        Covering rows = covering(p, row, p.padding_h, p.kernel_h, p.stride_h, p.oh);
        Covering columns = covering(p, column, p.padding_w, p.kernel_w, p.stride_w, p.ow);
        work(plane, row * p.w + column, rows, columns);
    });
}

__device__ inline void max_grad_tiles(const Pool& p, const T* g, const i64* positions, T* gx) {
    for_tiles(p, [&](i64 plane, i64 first, i64 window) {
        alignas(16) T own[PACK];
        alignas(16) i64 at[PACK];
        take<PACK>(own, g + window, true);
#pragma unroll
        for (int k = 0; k < PACK; k += 2) take<2>(at + k, positions + window + k, true);
        Tiles tiles;
#pragma unroll
        for (int k = 0; k < 4 * PACK; k++) {
            int r = k / (2 * PACK), c = k % (2 * PACK);
            ACC sum = 0;
            if (at[c / 2] == first + r * p.w + c) sum += load(own[c / 2]);
            store(tiles.of[r][c], sum);
        }
        write_tiles(tiles, gx, plane * p.h * p.w + first, p.w);
    });
}

extern "C" __global__ void max_pool_grad(Pool p, int tiled, const T* g, const i64* positions, T* gx) {
    if (tiled) {
        max_grad_tiles(p, g, positions, gx);
        return;
    }
    for_covered(p, [&](i64 plane, i64 place, Covering rows, Covering columns) {
        ACC sum = 0;
        for (i64 y = rows.first; y <= rows.last; y++) {
            for (i64 x = columns.first; x <= columns.last; x++) {
                i64 window = (plane * p.oh + y) * p.ow + x;
                if (positions[window] == place) sum += load(g[window]);
            }
        }
        store(gx[plane * p.h * p.w + place], sum);
    });
}

// Whether a window's position lies outside the window, as no pooling leaves it.
__device__ inline bool is_stray(const Pool& p, i64 window, i64 position) {
    if (position < 0 || position >= p.h * p.w) return false;
    i64 row = quotient(p, position, p.columns), y = quotient(p, window, p.windows);
    i64 r = row - (y * p.stride_h.by - p.padding_h);
    i64 c = position - row * p.w - ((window - y * p.ow) * p.stride_w.by - p.padding_w);
    return r < 0 || r >= p.kernel_h || c < 0 || c >= p.kernel_w;
}

// After max_pool_grad: a block a plane looks for positions that it cannot have found and adds those in order. Positions
// outside the plane are left in `fault`.
extern "C" __global__ void max_pool_grad_strays(Pool p, const T* g, const i64* positions, T* gx, Fault* fault,
        i64 fault_op) {
    __shared__ int shared[THREADS];
    Team team = team_of(0);
    i64 windows = p.oh * p.ow;
    for (i64 plane = blockIdx.x; plane < p.planes; plane += gridDim.x) {
        const i64* own = positions + plane * windows;
        int found = 0;
        for (i64 i = team.lane; i < windows; i += team.lanes) {
            found |= in_range(own[i], p.h * p.w, fault, fault_op) && is_stray(p, i, own[i]);
        }
        found = team_combine(found, shared, team, [](int x, int y) { return x | y; });
        for (i64 i = 0; found && team.lane == 0 && i < windows; i++) {
            if (!is_stray(p, i, own[i])) continue;
            T& place = gx[plane * p.h * p.w + own[i]];
            store(place, (ACC)load(place) + (ACC)load(g[plane * windows + i]));
        }
    }
}

// By how much a window divides: what is in it, or with padding counted what is in it and the padding.
__device__ inline i64 divisor(const Pool& p, i64 top, i64 left) {
    if (p.count_padding) {
        return (smaller(top + p.kernel_h, p.h + p.padding_h) - top) * (smaller(left + p.kernel_w, p.w + p.padding_w) - left);
    }
    return (smaller(top + p.kernel_h, p.h) - larger(top, 0)) * (smaller(left + p.kernel_w, p.w) - larger(left, 0));
}

__device__ inline void avg_tiles(const Pool& p, const T* x, T* y) {
    for_tiles(p, [&](i64 plane, i64 first, i64 window) {
        Tiles tiles = read_tiles(x, plane * p.h * p.w + first, p.w);
        alignas(16) T own[PACK];
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            ACC sum = 0;
#pragma unroll
            for (int i = 0; i < 4; i++) sum += load(tiles.of[i / 2][2 * k + i % 2]);
            store(own[k], sum / 4);
        }
        give<PACK>(y + window, own);
    });
}

extern "C" __global__ void avg_pool(Pool p, int tiled, const T* x, T* y) {
    if (tiled) {
        avg_tiles(p, x, y);
        return;
    }
    for_places(p.planes, p.oh, p.ow, [&](i64 plane, i64 row, i64 column) {
        i64 top = row * p.stride_h.by - p.padding_h;
        i64 left = column * p.stride_w.by - p.padding_w;
        i64 bottom = smaller(top + p.kernel_h, p.h);
        i64 right = smaller(left + p.kernel_w, p.w);
        const T* in = x + plane * p.h * p.w;
        ACC sum = 0;
        for (i64 r = larger(top, 0); r < bottom; r++) {
            for (i64 c = larger(left, 0); c < right; c++) sum += load(in[r * p.w + c]);
        }
        store(y[(plane * p.oh + row) * p.ow + column], sum / (ACC)divisor(p, top, left));
    });
}

__device__ inline void avg_grad_tiles(const Pool& p, const T* g, T* gx) {
    for_tiles(p, [&](i64 plane, i64 first, i64 window) {
        alignas(16) T own[PACK];
        take<PACK>(own, g + window, true);
        Tiles tiles;
#pragma unroll
        for (int k = 0; k < 4 * PACK; k++) {
            ACC sum = 0;
            sum += (ACC)load(own[k % (2 * PACK) / 2]) / 4;
            store(tiles.of[k / (2 * PACK)][k % (2 * PACK)], sum);
        }
        write_tiles(tiles, gx, plane * p.h * p.w + first, p.w);
    });
}

extern "C" __global__ void avg_pool_grad(Pool p, int tiled, const T* g, T* gx) {
    if (tiled) {
        avg_grad_tiles(p, g, gx);
        return;
    }
    for_covered(p, [&](i64 plane, i64 place, Covering rows, Covering columns) {
        ACC sum = 0;
        for (i64 y = rows.first; y <= rows.last; y++) {
            for (i64 x = columns.first; x <= columns.last; x++) {
                i64 parts = divisor(p, y * p.stride_h.by - p.padding_h, x * p.stride_w.by - p.padding_w);
                sum += (ACC)load(g[(plane * p.oh + y) * p.ow + x]) / (ACC)parts;
            }
        }
        store(gx[plane * p.h * p.w + place], sum);
    });
}
