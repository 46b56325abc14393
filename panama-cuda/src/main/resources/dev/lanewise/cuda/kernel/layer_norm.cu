// Layer normalization of the rows of a dense tensor [rows, n], and its gradient. Defined in front:
//   T                 element type
//   ACC               what is computed in
// weight and bias may be null.

// One block a row, in two passes: the variance is that of the centered elements.
extern "C" __global__ void layer_norm(i64 rows, i64 n, double epsilon, const T* x, const T* weight, const T* bias, T* y,
        T* mean, T* reciprocal) {
    __shared__ ACC shared[1024];
    for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
        const T* in = x + row * n;
        ACC sum = 0;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) sum += load(in[i]);
        ACC mu = block_sum(sum, shared) / (ACC)n;
        ACC squares = 0;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            ACC centered = load(in[i]) - mu;
            squares += centered * centered;
        }
        ACC r = rsqrt(block_sum(squares, shared) / (ACC)n + (ACC)epsilon);
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            ACC value = (load(in[i]) - mu) * r;
            if (weight) value *= load(weight[i]);
            if (bias) value += load(bias[i]);
            store(y[row * n + i], value);
        }
        if (threadIdx.x == 0) {
            store(mean[row], mu);
            store(reciprocal[row], r);
        }
    }
}

// With h = (x - mean) * reciprocal and s = g * weight: dx = (s - mean(s) - h * mean(s * h)) * reciprocal.
extern "C" __global__ void layer_norm_grad_input(i64 rows, i64 n, const T* g, const T* x, const T* mean,
        const T* reciprocal, const T* weight, T* dx) {
    __shared__ ACC shared[1024];
    for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
        ACC mu = load(mean[row]);
        ACC r = load(reciprocal[row]);
        ACC sum = 0;
        ACC product = 0;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            ACC h = (load(x[row * n + i]) - mu) * r;
            ACC s = load(g[row * n + i]);
            if (weight) s *= load(weight[i]);
            sum += s;
            product += s * h;
        }
        sum = block_sum(sum, shared) / (ACC)n;
        product = block_sum(product, shared) / (ACC)n;
        for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
            ACC h = (load(x[row * n + i]) - mu) * r;
            ACC s = load(g[row * n + i]);
            if (weight) s *= load(weight[i]);
            store(dx[row * n + i], (s - sum - h * product) * r);
        }
    }
}

// Gradients of weight and bias: sums over the rows. Blocks of 32 columns by 8 parts of the rows.
extern "C" __global__ void layer_norm_grad_affine(i64 rows, i64 n, const T* g, const T* x, const T* mean,
        const T* reciprocal, T* dweight, T* dbias) {
    __shared__ ACC weights[8][32];
    __shared__ ACC biases[8][32];
    i64 column = (i64)blockIdx.x * 32 + threadIdx.x;
    ACC weight_sum = 0;
    ACC bias_sum = 0;
    if (column < n) {
        for (i64 row = threadIdx.y; row < rows; row += 8) {
            ACC gradient = load(g[row * n + column]);
            weight_sum += gradient * (load(x[row * n + column]) - load(mean[row])) * load(reciprocal[row]);
            bias_sum += gradient;
        }
    }
    weights[threadIdx.y][threadIdx.x] = weight_sum;
    biases[threadIdx.y][threadIdx.x] = bias_sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < n) {
        for (int part = 1; part < 8; part++) {
            weight_sum += weights[part][threadIdx.x];
            bias_sum += biases[part][threadIdx.x];
        }
        store(dweight[column], weight_sum);
        store(dbias[column], bias_sum);
    }
}
