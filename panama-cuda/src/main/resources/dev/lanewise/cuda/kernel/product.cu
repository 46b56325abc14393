// Matrix products of any strides, for types and layouts that cuBLASLt does not take. Defined in front:
//   T                 element type
//   ACC               what is computed in

struct Product {
    i64 m, n, k;
    i64 a_row, a_column, a_batch;
    i64 b_row, b_column, b_batch;
    i64 batch, out_batch;
};

// One thread per element, neighbours along a row.
extern "C" __global__ void product(Product p, const T* a, const T* b, T* out) {
    i64 elements = p.m * p.n;
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < p.batch * elements; i += step) {
        i64 batch = i / elements;
        i64 element = i - batch * elements;
        i64 row = element / p.n;
        i64 column = element - row * p.n;
        const T* left = a + batch * p.a_batch + row * p.a_row;
        const T* right = b + batch * p.b_batch + column * p.b_column;
        ACC sum = 0;
        for (i64 k = 0; k < p.k; k++) sum += (ACC)load(left[k * p.a_column]) * (ACC)load(right[k * p.b_row]);
        store(out[batch * p.out_batch + element], sum);
    }
}

// Adds a bias by channel to [..., channels, plane] and applies ReLU; NaN stays NaN.
extern "C" __global__ void finish(i64 n, i64 channels, i64 plane, T* out, const T* bias, int relu) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        ACC value = load(out[i]);
        if (bias) value += (ACC)load(bias[i / plane % channels]);
        if (relu && value < 0) value = 0;
        store(out[i], value);
    }
}
