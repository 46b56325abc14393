// Cross-entropy of dense logits [n, c] and class numbers [n], and its gradient. Defined in front:
//   T                 element type
//   ACC               what is computed in
// A row's loss is -(1 - e) w_t logp_t - e/c sum_j(w_j logp_j); rows of the ignored class count for nothing. `weights` [c]
// may be null: then every class weighs 1.

__device__ inline ACC weight_of(const T* weights, i64 label) { return weights ? (ACC)load(weights[label]) : (ACC)1; }

// After log_softmax: one block a row gives its loss and its weight.
extern "C" __global__ void cross_entropy_rows(i64 n, i64 c, i64 ignored, double smoothing, const T* logp,
        const i64* labels, const T* weights, ACC* losses, ACC* row_weights) {
    __shared__ ACC shared[1024];
    for (i64 row = blockIdx.x; row < n; row += gridDim.x) {
        i64 label = labels[row];
        ACC smooth = 0;
        if (smoothing > 0) {
            for (i64 j = threadIdx.x; j < c; j += blockDim.x) {
                smooth += weight_of(weights, j) * (ACC)load(logp[row * c + j]);
            }
        }
        smooth = block_sum(smooth, shared);
        if (threadIdx.x == 0) {
            bool counted = label != ignored;
            ACC weight = counted ? weight_of(weights, label) : (ACC)0;
            losses[row] = counted
                ? -(ACC)(1 - smoothing) * weight * (ACC)load(logp[row * c + label]) - smooth * (ACC)(smoothing / (double)c)
                : (ACC)0;
            row_weights[row] = weight;
        }
    }
}

// Without reduction: the losses as they are.
extern "C" __global__ void cross_entropy_none(i64 n, const ACC* losses, T* loss) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) store(loss[i], losses[i]);
}

// One block sums all rows; `total` keeps what the mean divides by, 1 for the sum.
extern "C" __global__ void cross_entropy_reduce(
        i64 n, int mean, const ACC* losses, const ACC* row_weights, T* loss, ACC* total) {
    __shared__ ACC shared[1024];
    ACC sum = 0;
    ACC weight = 0;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
        sum += losses[i];
        weight += row_weights[i];
    }
    sum = block_sum(sum, shared);
    weight = block_sum(weight, shared);
    if (threadIdx.x == 0) {
        ACC divisor = mean ? weight : (ACC)1;
        *total = divisor;
        store(*loss, sum / divisor);
    }
}

// The sum of the rows' weights, for a gradient that is computed without the forward pass's own.
extern "C" __global__ void cross_entropy_total(
        i64 n, i64 ignored, const i64* labels, const T* weights, ACC* total) {
    __shared__ ACC shared[1024];
    ACC weight = 0;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
        if (labels[i] != ignored) weight += weight_of(weights, labels[i]);
    }
    weight = block_sum(weight, shared);
    if (threadIdx.x == 0) *total = weight;
}

// With d_j = -(1 - e) w_t [j = t] - e/c w_j: the gradient is (d_j - softmax_j sum(d)) times the upstream gradient, which
// is one number (per_row 0) or one a row, over the total.
extern "C" __global__ void cross_entropy_grad(i64 n, i64 c, i64 ignored, double smoothing, int per_row, const T* upstream,
        const ACC* total, const T* logp, const i64* labels, const T* weights, T* dx) {
    __shared__ ACC shared[1024];
    for (i64 row = blockIdx.x; row < n; row += gridDim.x) {
        i64 label = labels[row];
        bool counted = label != ignored;
        ACC scale = counted ? (ACC)load(upstream[per_row ? row : 0]) / (total ? *total : (ACC)1) : (ACC)0;
        ACC hard = counted ? -(ACC)(1 - smoothing) * weight_of(weights, label) : (ACC)0;
        ACC share = -(ACC)(smoothing / (double)c);
        ACC soft = 0;
        if (smoothing > 0) {
            for (i64 j = threadIdx.x; j < c; j += blockDim.x) soft += share * weight_of(weights, j);
        }
        ACC sum = hard + block_sum(soft, shared);
        for (i64 j = threadIdx.x; j < c; j += blockDim.x) {
            ACC d = share * weight_of(weights, j) + (j == label ? hard : (ACC)0);
            ACC value = counted ? scale * (d - exp((ACC)load(logp[row * c + j])) * sum) : (ACC)0;
            store(dx[row * c + j], value);
        }
    }
}
