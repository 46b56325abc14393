// Tensors made from attributes alone. Defined in front:
//   T                 element type

extern "C" __global__ void fill(i64 n, T* out, double real, i64 integer, int is_integer) {
    T value;
    if (is_integer) store(value, integer);
    else store(value, real);
    for (i64 i = thread_number(); i < n; i += thread_count()) out[i] = value;
}

extern "C" __global__ void range(i64 n, T* out, double start, double distance) {
    for (i64 i = thread_number(); i < n; i += thread_count()) store(out[i], start + (double)i * distance);
}
