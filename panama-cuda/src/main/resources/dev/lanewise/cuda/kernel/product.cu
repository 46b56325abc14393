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

// Adds a bias to lines [lines, length] and applies ReLU; NaN stays NaN. A line has one element of the bias (by_line), or each
// of its elements its own.
template <int PACK> __device__ inline void finish_lines(
        i64 lines, i64 length, i64 channels, int by_line, T* out, const T* bias, int relu) {
    for_lines(lines, length, channels, PACK, [=](i64 line, i64 channel, i64 i) {
        alignas(16) T own[PACK];
        T* at = out + line * length + i;
        take<PACK>(own, at, true);
        ACC of_line = bias && by_line ? (ACC)load(bias[channel]) : (ACC)0;
#pragma unroll
        for (int x = 0; x < PACK; x++) {
            ACC value = load(own[x]);
            if (bias) value += by_line ? of_line : (ACC)load(bias[i + x]);
            if (relu && value < 0) value = 0;
            store(own[x], value);
        }
        give<PACK>(at, own);
    });
}

extern "C" __global__ void finish(
        i64 lines, i64 length, i64 channels, int by_line, int packed, T* out, const T* bias, int relu) {
    if (packed) finish_lines<16 / (int)sizeof(T)>(lines, length, channels, by_line, out, bias, relu);
    else finish_lines<1>(lines, length, channels, by_line, out, bias, relu);
}
