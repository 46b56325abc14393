// Softmax and log-softmax along one dimension of a dense tensor, and their gradients. Defined in front:
//   T                 element type
//   ACC               what is computed in
//   LOG               0 or 1: whether the logarithm is wanted
// Row r starts at r / inner * n * inner + r % inner; its elements are `inner` apart. One block a row.

extern "C" __global__ void softmax(i64 rows, i64 n, i64 inner, const T* x, T* y) {
    __shared__ ACC shared[1024];
    for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
        i64 base = row / inner * n * inner + row % inner;
        ACC top = -(ACC)(1.0 / 0.0);
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) top = maximum(top, (ACC)load(x[base + i * inner]));
        top = block_max(top, shared);
        ACC sum = 0;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) sum += exp((ACC)load(x[base + i * inner]) - top);
        sum = block_sum(sum, shared);
        ACC log_sum = LOG ? log(sum) : (ACC)0;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            ACC shifted = (ACC)load(x[base + i * inner]) - top;
            store(y[base + i * inner], LOG ? shifted - log_sum : exp(shifted) / sum);
        }
    }
}

// y (g - sum(g y)), for the logarithm g - e^y sum(g).
extern "C" __global__ void softmax_grad(i64 rows, i64 n, i64 inner, const T* g, const T* y, T* dx) {
    __shared__ ACC shared[1024];
    for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
        i64 base = row / inner * n * inner + row % inner;
        ACC sum = 0;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            i64 at = base + i * inner;
            sum += LOG ? (ACC)load(g[at]) : (ACC)load(g[at]) * (ACC)load(y[at]);
        }
        sum = block_sum(sum, shared);
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            i64 at = base + i * inner;
            ACC gi = load(g[at]);
            ACC yi = load(y[at]);
            store(dx[at], LOG ? gi - exp(yi) * sum : yi * (gi - sum));
        }
    }
}
