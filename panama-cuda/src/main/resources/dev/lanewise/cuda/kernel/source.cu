// Tensors made from attributes alone. Defined in front:
//   T                 element type

extern "C" __global__ void fill(i64 n, T* out, double real, i64 integer, int is_integer) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        if (is_integer) store(out[i], integer);
        else store(out[i], real);
    }
}

extern "C" __global__ void range(i64 n, T* out, double start, double distance) {
    i64 step = (i64)gridDim.x * blockDim.x;
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
        store(out[i], start + (double)i * distance);
    }
}
