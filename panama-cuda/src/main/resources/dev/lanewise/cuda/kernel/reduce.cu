// Combines elements along dimensions, in an order that depends on sizes only. Defined in front of this template:
//   OUT, IN           element types
//   ACC               what is combined in
//   IDENTITY          of the combination
//   LIFT(x)           an element as something to combine
//   COMBINE(x, y)     associative
//   FINISH(x, n)      the result from the combination of n elements

struct Layout {
    Dims kept;
    Strides kept_in;
    Dims reduced;
    Strides reduced_in;
};

__device__ inline ACC combine(ACC x, ACC y) { return COMBINE(x, y); }

// Combines one value of each thread of a block; the result is thread 0's. blockDim.x is a power of two up to 1024.
__device__ inline ACC combine_block(ACC value, ACC* shared) {
    shared[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] = combine(shared[threadIdx.x], shared[threadIdx.x + half]);
        __syncthreads();
    }
    return shared[0];
}

// One block a result (blockIdx.x, striding) and part of its elements (blockIdx.y of gridDim.y): long rows, few results.
// With one part the result is finished; otherwise the parts go to `partial`, results x parts, for finish_parts.
extern "C" __global__ void by_block(Layout layout, i64 results, i64 n, const IN* in, OUT* out, ACC* partial) {
    __shared__ ACC shared[1024];
    i64 part = (n + gridDim.y - 1) / gridDim.y;
    i64 from = part * blockIdx.y;
    i64 to = from + part < n ? from + part : n;
    for (i64 result = blockIdx.x; result < results; result += gridDim.x) {
        const IN* base = in + offset(layout.kept, layout.kept_in, (u64)result);
        ACC value = IDENTITY;
        for (i64 i = from + threadIdx.x; i < to; i += blockDim.x) {
            value = combine(value, LIFT(load(base[offset(layout.reduced, layout.reduced_in, (u64)i)])));
        }
        value = combine_block(value, shared);
        if (threadIdx.x == 0) {
            if (gridDim.y == 1) {
                store(out[result], FINISH(value, n));
            } else {
                partial[result * gridDim.y + blockIdx.y] = value;
            }
        }
        __syncthreads();
    }
}

extern "C" __global__ void finish_parts(i64 results, i64 parts, i64 n, const ACC* partial, OUT* out) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 result = (i64)blockIdx.x * blockDim.x + threadIdx.x; result < results; result += step) {
        ACC value = IDENTITY;
        for (i64 i = 0; i < parts; i++) value = combine(value, partial[result * parts + i]);
        store(out[result], FINISH(value, n));
    }
}

// One thread a result: short rows, or results that lie side by side in memory.
extern "C" __global__ void by_thread(Layout layout, i64 results, i64 n, const IN* in, OUT* out) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 result = (i64)blockIdx.x * blockDim.x + threadIdx.x; result < results; result += step) {
        const IN* base = in + offset(layout.kept, layout.kept_in, (u64)result);
        ACC value = IDENTITY;
        for (i64 i = 0; i < n; i++) {
            value = combine(value, LIFT(load(base[offset(layout.reduced, layout.reduced_in, (u64)i)])));
        }
        store(out[result], FINISH(value, n));
    }
}
