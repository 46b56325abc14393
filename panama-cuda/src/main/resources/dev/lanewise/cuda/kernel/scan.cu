// Running combination along the middle dimension of a dense tensor [outer, n, inner]. Defined in front:
//   OUT, IN           element types
//   ACC               what is combined in
//   IDENTITY          of the combination
//   COMBINE(x, y)     associative

#define WIDTH 256

// One block a line. Every thread combines a stretch of consecutive elements; the stretches' results are scanned in shared
// memory; then every thread goes through its stretch again.
extern "C" __global__ void scan(i64 outer, i64 n, i64 inner, int reverse, const IN* x, OUT* out) {
    __shared__ ACC shared[WIDTH];
    i64 stretch = (n + WIDTH - 1) / WIDTH;
    i64 from = stretch * threadIdx.x;
    i64 to = from + stretch < n ? from + stretch : n;
    for (i64 line = blockIdx.x; line < outer * inner; line += gridDim.x) {
        i64 block = line / inner;
        i64 first = block * n * inner + (line - block * inner) + (reverse ? (n - 1) * inner : 0);
        i64 stride = reverse ? -inner : inner;
        ACC own = IDENTITY;
        for (i64 i = from; i < to; i++) own = COMBINE(own, (ACC)load(x[first + i * stride]));
        shared[threadIdx.x] = own;
        __syncthreads();
        for (int distance = 1; distance < WIDTH; distance *= 2) {
            ACC before = (int)threadIdx.x >= distance ? shared[threadIdx.x - distance] : (ACC)IDENTITY;
            __syncthreads();
            shared[threadIdx.x] = COMBINE(before, shared[threadIdx.x]);
            __syncthreads();
        }
        ACC running = threadIdx.x == 0 ? (ACC)IDENTITY : shared[threadIdx.x - 1];
        for (i64 i = from; i < to; i++) {
            running = COMBINE(running, (ACC)load(x[first + i * stride]));
            store(out[first + i * stride], running);
        }
        __syncthreads();
    }
}
