// Batch normalization of [n, c, plane] by channel. Defined in front:
//   T                 element type
//   ACC               what is computed in
// A channel's elements are divided into parts, a block each; another kernel combines the parts in their order.

struct Norm {
    i64 n, channels, plane;
    i64 parts;
    double epsilon;
};

// Count, mean and sum of squared deviations; two of them combine without cancellation (Chan, Golub and LeVeque 1979).
struct Moments {
    ACC count, mean, squares;
};

__device__ inline Moments combine(Moments a, Moments b) {
    if (b.count == 0) return a;
    if (a.count == 0) return b;
    Moments sum;
    sum.count = a.count + b.count;
    ACC distance = b.mean - a.mean;
    sum.mean = a.mean + distance * (b.count / sum.count);
    sum.squares = a.squares + b.squares + distance * distance * (a.count * (b.count / sum.count));
    return sum;
}

// A thread's elements around the first of them, so that a mean far from 0 does not cancel.
__device__ inline Moments moments_of(const Norm& p, const T* x, i64 channel, i64 from, i64 to) {
    ACC shift = 0, sum = 0, squares = 0;
    i64 count = 0;
    for (i64 i = from + threadIdx.x; i < to; i += blockDim.x) {
        i64 image = divide(i, p.plane);
        ACC value = load(x[(image * p.channels + channel) * p.plane + (i - image * p.plane)]);
        if (count == 0) shift = value;
        ACC off = value - shift;
        sum += off;
        squares += off * off;
        count++;
    }
    Moments m = {(ACC)count, 0, 0};
    if (count > 0) {
        m.mean = shift + sum / (ACC)count;
        m.squares = squares - sum * (sum / (ACC)count);
        if (m.squares < 0) m.squares = 0;
    }
    return m;
}

extern "C" __global__ void moments(Norm p, const T* x, Moments* parts) {
    __shared__ Moments shared[THREADS];
    i64 size = p.n * p.plane;
    i64 share = (size + p.parts - 1) / p.parts;
    for (i64 b = blockIdx.x; b < p.channels * p.parts; b += gridDim.x) {
        i64 channel = b / p.parts;
        i64 from = b % p.parts * share;
        i64 to = from + share < size ? from + share : size;
        shared[threadIdx.x] = moments_of(p, x, channel, from, to);
        __syncthreads();
        for (int half = blockDim.x / 2; half > 0; half /= 2) {
            if ((int)threadIdx.x < half) shared[threadIdx.x] = combine(shared[threadIdx.x], shared[threadIdx.x + half]);
            __syncthreads();
        }
        if (threadIdx.x == 0) parts[b] = shared[0];
        __syncthreads();
    }
}

extern "C" __global__ void statistics(Norm p, const Moments* parts, ACC* mean, ACC* variance, ACC* reciprocal) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 channel = (i64)blockIdx.x * blockDim.x + threadIdx.x; channel < p.channels; channel += step) {
        Moments sum = parts[channel * p.parts];
        for (i64 i = 1; i < p.parts; i++) sum = combine(sum, parts[channel * p.parts + i]);
        ACC biased = sum.squares / sum.count;
        mean[channel] = sum.mean;
        variance[channel] = biased;
        reciprocal[channel] = 1 / sqrt(biased + (ACC)p.epsilon);
    }
}

// Elements of channel after channel: a line [plane] has one channel, or where a plane is one element a line [channels] all.
__device__ inline i64 lines_of(const Norm& p) { return p.plane > 1 ? p.n * p.channels : p.n; }
__device__ inline i64 length_of(const Norm& p) { return p.plane > 1 ? p.plane : p.channels; }
__device__ inline i64 channel_of(const Norm& p, i64 line, i64 i) {
    return p.plane > 1 ? line - divide(line, p.channels) * p.channels : i;
}

template <int PACK> __device__ inline void normalize_lines(const Norm& p, const T* x, const T* weight, const T* bias,
        const ACC* mean, const ACC* reciprocal, T* y) {
    typedef PackOf<T> Packed;
    for_lines(lines_of(p), length_of(p), PACK, [=](i64 line, i64 i) {
        i64 at = line * length_of(p) + i;
        alignas(16) T own[PACK];
        if (PACK > 1) *(Packed*)own = *(const Packed*)(x + at);
        else own[0] = x[at];
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            i64 channel = channel_of(p, line, i + k);
            ACC scale = reciprocal[channel] * load(weight[channel]);
            store(own[k], ((ACC)load(own[k]) - mean[channel]) * scale + (ACC)load(bias[channel]));
        }
        if (PACK > 1) *(Packed*)(y + at) = *(const Packed*)own;
        else y[at] = own[0];
    });
}

extern "C" __global__ void normalize(Norm p, int packed, const T* x, const T* weight, const T* bias, const ACC* mean,
        const ACC* reciprocal, T* y) {
    if (packed) normalize_lines<16 / (int)sizeof(T)>(p, x, weight, bias, mean, reciprocal, y);
    else normalize_lines<1>(p, x, weight, bias, mean, reciprocal, y);
}

struct Sums {
    ACC g, gx;
};

// Sums of the upstream gradient, and of it times the normalized input.
extern "C" __global__ void gradient_sums(Norm p, const T* g, const T* x, const ACC* mean, const ACC* variance, Sums* parts) {
    __shared__ Sums shared[THREADS];
    i64 size = p.n * p.plane;
    i64 share = (size + p.parts - 1) / p.parts;
    for (i64 b = blockIdx.x; b < p.channels * p.parts; b += gridDim.x) {
        i64 channel = b / p.parts;
        i64 from = b % p.parts * share;
        i64 to = from + share < size ? from + share : size;
        ACC center = mean[channel];
        ACC scale = 1 / sqrt(variance[channel] + (ACC)p.epsilon);
        Sums own = {0, 0};
        for (i64 i = from + threadIdx.x; i < to; i += blockDim.x) {
            i64 image = divide(i, p.plane);
            i64 at = (image * p.channels + channel) * p.plane + (i - image * p.plane);
            ACC upstream = load(g[at]);
            own.g += upstream;
            own.gx += upstream * (((ACC)load(x[at]) - center) * scale);
        }
        shared[threadIdx.x] = own;
        __syncthreads();
        for (int half = blockDim.x / 2; half > 0; half /= 2) {
            if ((int)threadIdx.x < half) {
                shared[threadIdx.x].g += shared[threadIdx.x + half].g;
                shared[threadIdx.x].gx += shared[threadIdx.x + half].gx;
            }
            __syncthreads();
        }
        if (threadIdx.x == 0) parts[b] = shared[0];
        __syncthreads();
    }
}

// The gradients of weight and bias; the sums by channel stay in the first part.
extern "C" __global__ void gradient_affine(Norm p, Sums* parts, T* weight_grad, T* bias_grad) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 channel = (i64)blockIdx.x * blockDim.x + threadIdx.x; channel < p.channels; channel += step) {
        Sums sum = parts[channel * p.parts];
        for (i64 i = 1; i < p.parts; i++) {
            sum.g += parts[channel * p.parts + i].g;
            sum.gx += parts[channel * p.parts + i].gx;
        }
        store(weight_grad[channel], sum.gx);
        store(bias_grad[channel], sum.g);
        parts[channel * p.parts] = sum;
    }
}

template <int PACK> __device__ inline void gradient_lines(const Norm& p, const T* g, const T* x, const T* weight,
        const ACC* mean, const ACC* variance, const Sums* sums, T* out) {
    typedef PackOf<T> Packed;
    ACC count = (ACC)(p.n * p.plane);
    for_lines(lines_of(p), length_of(p), PACK, [=](i64 line, i64 i) {
        i64 at = line * length_of(p) + i;
        alignas(16) T upstream[PACK];
        alignas(16) T own[PACK];
        if (PACK > 1) {
            *(Packed*)upstream = *(const Packed*)(g + at);
            *(Packed*)own = *(const Packed*)(x + at);
        } else {
            upstream[0] = g[at];
            own[0] = x[at];
        }
#pragma unroll
        for (int k = 0; k < PACK; k++) {
            i64 channel = channel_of(p, line, i + k);
            Sums sum = sums[channel * p.parts];
            ACC scale = 1 / sqrt(variance[channel] + (ACC)p.epsilon);
            ACC normalized = ((ACC)load(own[k]) - mean[channel]) * scale;
            ACC centered = (ACC)load(upstream[k]) - sum.g / count - normalized * (sum.gx / count);
            store(own[k], centered * scale * (ACC)load(weight[channel]));
        }
        if (PACK > 1) *(Packed*)(out + at) = *(const Packed*)own;
        else out[at] = own[0];
    });
}

extern "C" __global__ void gradient_input(Norm p, int packed, const T* g, const T* x, const T* weight, const ACC* mean,
        const ACC* variance, const Sums* sums, T* out) {
    if (packed) gradient_lines<16 / (int)sizeof(T)>(p, g, x, weight, mean, variance, sums, out);
    else gradient_lines<1>(p, g, x, weight, mean, variance, sums, out);
}
