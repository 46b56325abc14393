// The position of an extreme element along one dimension: the first of equal ones, NaN before all. Defined in front:
//   IN                element type
//   BEFORE(x, y)      whether x is more extreme than y, neither being NaN

typedef decltype(load(IN())) T;

struct Best {
    T value;
    i64 at;
};

__device__ inline Best better(Best x, Best y) {
    if (y.at < 0) return x;
    if (x.at < 0) return y;
    bool x_nan = x.value != x.value;
    bool y_nan = y.value != y.value;
    if (x_nan || y_nan) return x_nan && (!y_nan || x.at < y.at) ? x : y;
    if (BEFORE(x.value, y.value)) return x;
    if (BEFORE(y.value, x.value)) return y;
    return x.at < y.at ? x : y;
}

// One block a result; elements of a result are `stride` apart, and there are `inner` results side by side.
extern "C" __global__ void arg_reduce(i64 results, i64 n, i64 inner, i64 stride, i64 outer_stride, i64 inner_stride,
        const IN* in, i64* out) {
    __shared__ Best shared[256];
    for (i64 result = blockIdx.x; result < results; result += gridDim.x) {
        const IN* base = in + result / inner * outer_stride + result % inner * inner_stride;
        Best best = {T(), -1};
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            Best next = {load(base[i * stride]), i};
            best = better(best, next);
        }
        shared[threadIdx.x] = best;
        __syncthreads();
        for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
            if (threadIdx.x < half) shared[threadIdx.x] = better(shared[threadIdx.x], shared[threadIdx.x + half]);
            __syncthreads();
        }
        if (threadIdx.x == 0) out[result] = shared[0].at;
        __syncthreads();
    }
}
