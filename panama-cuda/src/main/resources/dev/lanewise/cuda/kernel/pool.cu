// Pooling windows over planes [h, w] to [oh, ow]. Defined in front:
//   T                 element type
//   ACC               what is computed in
// One thread per element of the result; gradients gather from the windows that cover an element, in a fixed order.

struct Pool {
    i64 planes, h, w, oh, ow;
    i64 kernel_h, kernel_w, stride_h, stride_w, padding_h, padding_w;
    i64 count_padding;
};

__device__ inline i64 smaller(i64 a, i64 b) { return a < b ? a : b; }
__device__ inline i64 larger(i64 a, i64 b) { return a > b ? a : b; }

// The greatest element and the first place that has it, NaN above all.
extern "C" __global__ void max_pool(Pool p, const T* x, T* y, i64* positions) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < p.planes * p.oh * p.ow; i += step) {
        i64 plane = divide(i, p.oh * p.ow);
        i64 window = i - plane * p.oh * p.ow;
        i64 row = divide(window, p.ow);
        i64 top = row * p.stride_h - p.padding_h;
        i64 left = (window - row * p.ow) * p.stride_w - p.padding_w;
        i64 bottom = smaller(top + p.kernel_h, p.h);
        i64 right = smaller(left + p.kernel_w, p.w);
        const T* in = x + plane * p.h * p.w;
        i64 best = larger(top, 0) * p.w + larger(left, 0);
        ACC greatest = load(in[best]);
        for (i64 r = larger(top, 0); r < bottom; r++) {
            for (i64 c = larger(left, 0); c < right; c++) {
                ACC value = load(in[r * p.w + c]);
                if (value > greatest || (value != value && greatest == greatest)) {
                    greatest = value;
                    best = r * p.w + c;
                }
            }
        }
        y[i] = in[best];
        positions[i] = best;
    }
}

// The windows that cover row r of h: from first to last.
__device__ inline i64 first_window(i64 r, i64 padding, i64 kernel, i64 stride) {
    i64 behind = r + padding - kernel;
    return behind < 0 ? 0 : divide(behind, stride) + 1;
}
__device__ inline i64 last_window(i64 r, i64 padding, i64 stride, i64 count) {
    return smaller(divide(r + padding, stride), count - 1);
}

extern "C" __global__ void max_pool_grad(Pool p, const T* g, const i64* positions, T* gx) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < p.planes * p.h * p.w; i += step) {
        i64 plane = divide(i, p.h * p.w);
        i64 place = i - plane * p.h * p.w;
        i64 r = divide(place, p.w), c = place - r * p.w;
        ACC sum = 0;
        for (i64 y = first_window(r, p.padding_h, p.kernel_h, p.stride_h);
             y <= last_window(r, p.padding_h, p.stride_h, p.oh); y++) {
            for (i64 x = first_window(c, p.padding_w, p.kernel_w, p.stride_w);
                 x <= last_window(c, p.padding_w, p.stride_w, p.ow); x++) {
                i64 window = (plane * p.oh + y) * p.ow + x;
                if (positions[window] == place) sum += load(g[window]);
            }
        }
        store(gx[i], sum);
    }
}

// Whether a window's position lies outside the window, as no pooling leaves it.
__device__ inline bool is_stray(const Pool& p, i64 window, i64 position) {
    i64 r = position / p.w - (window / p.ow * p.stride_h - p.padding_h);
    i64 c = position % p.w - (window % p.ow * p.stride_w - p.padding_w);
    return position >= 0 && position < p.h * p.w && (r < 0 || r >= p.kernel_h || c < 0 || c >= p.kernel_w);
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

extern "C" __global__ void avg_pool(Pool p, const T* x, T* y) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < p.planes * p.oh * p.ow; i += step) {
        i64 plane = divide(i, p.oh * p.ow);
        i64 window = i - plane * p.oh * p.ow;
        i64 row = divide(window, p.ow);
        i64 top = row * p.stride_h - p.padding_h;
        i64 left = (window - row * p.ow) * p.stride_w - p.padding_w;
        const T* in = x + plane * p.h * p.w;
        ACC sum = 0;
        for (i64 r = larger(top, 0); r < smaller(top + p.kernel_h, p.h); r++) {
            for (i64 c = larger(left, 0); c < smaller(left + p.kernel_w, p.w); c++) sum += load(in[r * p.w + c]);
        }
        store(y[i], sum / (ACC)divisor(p, top, left));
    }
}

extern "C" __global__ void avg_pool_grad(Pool p, const T* g, T* gx) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < p.planes * p.h * p.w; i += step) {
        i64 plane = divide(i, p.h * p.w);
        i64 place = i - plane * p.h * p.w;
        i64 r = divide(place, p.w), c = place - r * p.w;
        ACC sum = 0;
        for (i64 y = first_window(r, p.padding_h, p.kernel_h, p.stride_h);
             y <= last_window(r, p.padding_h, p.stride_h, p.oh); y++) {
            for (i64 x = first_window(c, p.padding_w, p.kernel_w, p.stride_w);
                 x <= last_window(c, p.padding_w, p.stride_w, p.ow); x++) {
                i64 parts = divisor(p, y * p.stride_h - p.padding_h, x * p.stride_w - p.padding_w);
                sum += (ACC)load(g[(plane * p.oh + y) * p.ow + x]) / (ACC)parts;
            }
        }
        store(gx[i], sum);
    }
}
